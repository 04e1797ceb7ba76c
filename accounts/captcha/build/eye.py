"""A machine's eye, of the kind that ten minutes of work give: outlines, colours, a linear rule.

Knows the drawings and the code that shows them, as everybody can. Used to find which things look
alike to it (lookalikes.py), and to measure how often it passes (benchmarks/captcha/attack.py).
Needs numpy and scikit-learn (pyproject.toml, group ``attack``); the site needs neither.
"""

import io

import numpy as np
from PIL import Image
from sklearn.decomposition import PCA

CELL, BINS = 8, 9  # of the histograms of oriented gradients
SIDE = 88
COMPONENTS = 450
BATCH = 400


def pictures_of(sheet: bytes) -> np.ndarray:
    """The nine pictures of a sheet: (9, SIDE, SIDE, 3), from 0 to 1."""
    image = Image.open(io.BytesIO(sheet)).convert("RGB").resize((3 * SIDE,) * 2)
    pixels = np.asarray(image, dtype=np.float32) / 255
    return pixels.reshape(3, SIDE, 3, SIDE, 3).swapaxes(1, 2).reshape(9, SIDE, SIDE, 3)


def features(pictures: np.ndarray) -> np.ndarray:
    """Oriented gradients, normalised by blocks, and the colours of a coarse grid."""
    parts = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
    return np.concatenate([np.hstack([_gradients(part), _colours(part)]) for part in parts])


def _gradients(pictures: np.ndarray) -> np.ndarray:
    """Of the channel where they are strongest."""
    across, down = np.zeros_like(pictures), np.zeros_like(pictures)
    across[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    down[:, 1:-1] = pictures[:, 2:] - pictures[:, :-2]
    strongest = (across**2 + down**2).argmax(-1)[..., None]
    across = np.take_along_axis(across, strongest, -1)[..., 0]
    down = np.take_along_axis(down, strongest, -1)[..., 0]
    size = np.hypot(across, down)
    turn = (np.arctan2(down, across) % np.pi) / np.pi * BINS
    low = np.floor(turn)
    share = turn - low
    bins = np.zeros((*size.shape, BINS), dtype=np.float32)
    np.put_along_axis(
        bins, (low.astype(int) % BINS)[..., None], (size * (1 - share))[..., None], -1
    )
    high = ((low.astype(int) + 1) % BINS)[..., None]
    np.put_along_axis(bins, high, (size * share)[..., None], -1)
    cells = SIDE // CELL
    sums = bins.reshape(-1, cells, CELL, cells, CELL, BINS).sum((2, 4))
    blocks = [sums[:, y : y + cells - 1, x : x + cells - 1] for y in (0, 1) for x in (0, 1)]
    block = np.concatenate(blocks, -1)
    block /= np.linalg.norm(block, axis=-1, keepdims=True) + 0.1
    block = np.minimum(block, 0.2)
    block /= np.linalg.norm(block, axis=-1, keepdims=True) + 0.01
    return block.reshape(len(pictures), -1)


def _colours(pictures: np.ndarray) -> np.ndarray:
    grid = pictures.reshape(-1, 4, SIDE // 4, 4, SIDE // 4, 3)
    return np.hstack(
        [grid.mean((2, 4)).reshape(len(pictures), -1), grid.std((2, 4)).reshape(len(pictures), -1)]
    )


class LinearEye:
    """Linear discriminant analysis: one mean a drawing, one covariance for all."""

    def fit(self, pictures: np.ndarray, labels: np.ndarray) -> "LinearEye":
        """Learn from pictures and their mirror images."""
        both = np.concatenate([pictures, pictures[:, :, ::-1]])
        labels = np.concatenate([labels, labels])
        values = features(both)
        self.pca = PCA(COMPONENTS, svd_solver="randomized", random_state=0).fit(values)
        values = self.pca.transform(values)
        count = labels.max() + 1
        means = np.stack([values[labels == label].mean(0) for label in range(count)])
        within = np.cov((values - means[labels]).T)
        within += np.eye(COMPONENTS) * np.trace(within) / COMPONENTS * 0.05
        self.whiten = np.linalg.cholesky(np.linalg.inv(within))
        self.means = means @ self.whiten
        return self

    def distances(self, pictures: np.ndarray) -> np.ndarray:
        """Squared distance of each picture to each drawing, the mirror tried as well."""
        both = [self._between(self._seen(each)) for each in (pictures, pictures[:, :, ::-1])]
        return np.minimum(*both)

    def between_drawings(self) -> np.ndarray:
        """Squared distance of each drawing to each other one."""
        return self._between(self.means)

    def _seen(self, pictures: np.ndarray) -> np.ndarray:
        return self.pca.transform(features(pictures)) @ self.whiten

    def _between(self, points: np.ndarray) -> np.ndarray:
        squares = (points**2).sum(1)[:, None] + (self.means**2).sum(1)[None]
        return squares - 2 * points @ self.means.T
