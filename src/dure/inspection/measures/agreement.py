"""Where networks of one architecture agree: filters found again, rows on which they vote alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from scipy.optimize import linear_sum_assignment

from dure.core.arrays import Array
from dure.errors import DureError

Measured = TypeVar("Measured", xr.DataArray, xr.Dataset)

_LANE = ("variant", "seed", "fold")


def stack(measured: Sequence[Measured], lanes: Sequence[tuple[str, int, int]]) -> Measured:
    """The same measurement of several networks, on a new first dimension `lane`.

    Parameters
    ----------
    measured
        One of each network, of the same sizes.
    lanes
        (variant, seed, fold) of each.

    Returns
    -------
    With coordinates `variant`, `seed` and `fold` on `lane`; rows in the order of `x`, whatever
    their order was. Other coordinates that differ get the dimension `lane`; attributes are the
    first network's.

    Raises
    ------
    DureError
        If there is nothing to stack, or the measurements differ in sizes or along a dimension.
    """
    if not measured or len(measured) != len(lanes):
        raise DureError(f"{len(measured)} measurements and {len(lanes)} lanes came; pass as many.")
    found: list[Any] = [one.sortby("row") if "row" in one.indexes else one for one in measured]
    sizes = [dict(one.sizes) for one in found]
    if any(size != sizes[0] for size in sizes):
        raise DureError(f"lanes measure differently: {sizes}; stack lanes of one architecture.")
    try:
        out = xr.concat(
            found,
            dim="lane",
            data_vars="all",
            coords="different",
            compat="equals",
            join="exact",
            combine_attrs="override",
        )
    except xr.AlignmentError as error:
        raise DureError(
            f"lanes measure differently, so they cannot be stacked; look at one lane. {error}"
        ) from error
    coords = zip(_LANE, zip(*lanes, strict=True), strict=True)
    stacked: Measured = out.assign_coords({name: ("lane", list(one)) for name, one in coords})
    return stacked


def matched_filters(
    stacked: xr.DataArray,
    untrained: xr.DataArray | None = None,
    *,
    reference: int = 0,
    threshold: float = 0.7,
) -> xr.Dataset:
    """Which filters of one lane the other lanes have learned too.

    The filters of the reference lane are matched one to one to those of each other lane so that
    the sum of |Pearson correlation| is greatest (Hungarian method; Kuhn 1955), as Li et al.
    (2016, "Convergent learning") match units. Signs are left out, as the next layer can turn
    them. Correlation is over all places of all rows for feature maps, over a kernel's entries
    for kernels; kernels can only be compared where the layer reads the data themselves, since
    networks number the channels of deeper layers each in their own way.

    Parameters
    ----------
    stacked
        From `stack`, dims (lane, ..., filter | channel | unit): feature maps on the same rows,
        or kernels.
    untrained
        The same of untrained twins: what agreement there is by chance.
    reference
        The lane whose filters are looked for.
    threshold
        From which correlation on a filter counts as found.

    Returns
    -------
    Dims (filter, lane): `match`, the filter of each lane that is paired with this one;
    `similarity`, their |correlation| from 0 to 1 (0 for filters that give one value only);
    `found_in` (filter): number of lanes, its own among them, in which it is found. With
    `untrained` also `chance` (filter, lane), the twins' similarity, and `found_by_chance`
    (filter). Attributes `threshold`, `reference`, `lanes`, and `layer`.

    Raises
    ------
    DureError
        If there are not two lanes, or the axes are not those of filters.
    """
    match, similarity = _matched(stacked, reference)
    pair = ("filter", "lane")
    found = (similarity >= threshold).sum(axis=1)
    lanes = {name: stacked[name] for name in _LANE if name in stacked.coords}
    about = {key: stacked.attrs[key] for key in ("layer", "model") if key in stacked.attrs}
    about |= {"kind": "matched_filters", "threshold": threshold, "reference": reference}
    out = xr.Dataset(
        {"match": (pair, match), "similarity": (pair, similarity), "found_in": ("filter", found)},
        coords={"filter": np.arange(len(match)), **lanes},
        attrs={**about, "lanes": stacked.sizes["lane"]},
    )
    return out if untrained is None else _beside_chance(out, _matched(untrained, reference)[1])


def _beside_chance(out: xr.Dataset, chance: Array) -> xr.Dataset:
    """What is found with what the twins have by chance."""
    similarity, threshold = out["similarity"], out.attrs["threshold"]
    if chance.shape != similarity.shape:
        raise DureError(
            f"untrained has {chance.shape[0]} filters in {chance.shape[1]} lanes, the trained "
            f"networks {similarity.shape[0]} in {similarity.shape[1]}; pass a twin for each lane."
        )
    return out.assign(
        chance=(("filter", "lane"), chance),
        found_by_chance=("filter", (chance >= threshold).sum(axis=1)),
    )


def _matched(stacked: xr.DataArray, reference: int) -> tuple[Array, Array]:
    """Partner and |correlation| of each reference filter in each lane, shapes [filter, lane]."""
    last = str(stacked.dims[-1])
    if stacked.dims[0] != "lane" or last not in ("filter", "channel", "unit"):
        raise DureError(
            f"dims came as {stacked.dims}; pass what stack gave of feature_maps or kernels: first "
            "'lane', last 'filter', 'channel' or 'unit'."
        )
    lanes = stacked.sizes["lane"]
    if lanes < 2 or not -lanes <= reference < lanes:
        raise DureError(
            f"{lanes} lanes came, reference is {reference}; agreement needs two lanes at least, "
            "and a reference among them."
        )
    columns = [_standard(lane.reshape(-1, stacked.shape[-1])) for lane in stacked.values]
    match, similarity = [], []
    for other in columns:
        alike = np.clip(np.abs(columns[reference].T @ other), 0.0, 1.0)
        match.append(linear_sum_assignment(alike, maximize=True)[1])
        similarity.append(np.take_along_axis(alike, match[-1][:, None], axis=1)[:, 0])
    return np.stack(match, axis=1), np.stack(similarity, axis=1)


def _standard(columns: Array) -> Array:
    """Columns with mean 0 and length 1, so that products are correlations; constant ones 0."""
    centred = columns.astype(np.float64) - columns.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(centred, axis=0)
    # Below rounding of float32 values there is no signal to correlate.
    scale = np.abs(columns).max(axis=0) * np.sqrt(len(columns)) * 1e-6
    out: Array = np.zeros_like(centred)
    np.divide(centred, length, out=out, where=length > scale)
    return out


def agreement_of_predictions(stacked: xr.Dataset) -> xr.Dataset:
    """On which rows lanes predict the same class.

    Parameters
    ----------
    stacked
        `predictions` of classes from `stack`, dims (lane, row, ...).

    Returns
    -------
    Rows by agreement, the least first (then as in `x`): `share` (row), of the lanes that predict
    the majority's class; `majority` (row), that class (of classes with as many votes the
    first); `votes` (row, class), lanes for each class; `predicted` (row, lane); with known
    targets `true` (row). Coordinate `row` is the place in `x`.

    Raises
    ------
    DureError
        If the predictions are not of classes.
    """
    if "predicted" not in stacked or "lane" not in stacked.dims:
        raise DureError(
            "these are not stacked predictions of classes; pass what stack gave of predictions."
        )
    predicted = stacked["predicted"].transpose("row", "lane")
    classes = stacked.sizes["class"]
    votes = (predicted.values[:, :, None] == np.arange(classes)).sum(axis=1)
    majority = votes.argmax(axis=1)
    share = votes.max(axis=1) / predicted.sizes["lane"]
    out = xr.Dataset(
        {
            "share": ("row", share),
            "majority": ("row", majority),
            "votes": (("row", "class"), votes),
            "predicted": (("row", "lane"), predicted.values),
        },
        coords=stacked.coords,
        attrs={**stacked.attrs, "kind": "agreement_of_predictions"},
    )
    if "true" in stacked:
        out = out.assign(true=("row", stacked["true"].transpose("lane", "row").values[0]))
    return out.isel(row=np.argsort(share, kind="stable"))
