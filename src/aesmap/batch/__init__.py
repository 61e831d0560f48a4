"""Photographs by the thousand: references, discovery, remote stores."""
