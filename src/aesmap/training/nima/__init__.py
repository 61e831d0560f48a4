"""The judge ``ava``: idealo's network trained on AVA, converted so that its score has a map."""
