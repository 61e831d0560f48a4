"""aesmap as a step of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from aesmap.images.reading import ImageSource
from aesmap.loading import load

COLUMNS = ("p_high", "score", "spread", "technical", "technical_p")


class AestheticScorer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn photographs into numbers: what aesmap says of each, and what it shows.

    Nothing is learned: ``fit`` only loads the model. It needs scikit-learn.

    Parameters
    ----------
    model
        A name or path, as :func:`aesmap.load` takes it.
    attributes
        Whether the probability of each attribute follows, by its name.
    workers
        Threads; ``None`` takes one for each core.
    """

    def __init__(
        self, model: str | None = None, attributes: bool = False, workers: int | None = None
    ) -> None:
        self.model, self.attributes, self.workers = model, attributes, workers

    def fit(self, X: Iterable[ImageSource], y: object = None) -> Self:  # noqa: N803
        """Load the model; nothing is learned from the photographs.

        Parameters
        ----------
        X
            Photographs, which are not looked at.
        y
            Not looked at either.
        """
        self.analyzer_ = load(self.model)
        return self

    def transform(self, X: Iterable[ImageSource]) -> npt.NDArray[np.float64]:  # noqa: N803
        """Score photographs.

        Parameters
        ----------
        X
            N paths, arrays or Pillow images: see :meth:`Analyzer.assess`.

        Returns
        -------
        numpy.ndarray
            (N,K): :data:`COLUMNS`, then the attributes in the order of
            ``get_feature_names_out()``; NaN where a model has no technical heads.

        Raises
        ------
        ImageError
            A photograph cannot be read.
        """
        rows = []
        for said in self.analyzer_.assess_many(X, workers=self.workers):
            row = said.to_row()
            values = [np.nan if row[name] is None else row[name] for name in COLUMNS]
            if self.attributes:
                found = dict(said.attributes)
                values += [found[name] for name in self.analyzer_.manifest.attribute_names]
            rows.append(values)
        return np.array(rows, dtype=np.float64).reshape(
            len(rows), len(self.get_feature_names_out())
        )

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns.

        Parameters
        ----------
        input_features
            Not looked at: photographs have no names of columns.
        """
        attributes = self.analyzer_.manifest.attribute_names if self.attributes else ()
        return np.array([*COLUMNS, *attributes], dtype=object)
