"""Arrays of the libraries themselves: read, or refused by the argument's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from derivlib import softmax, softmax_cross_entropy

Make = Callable[[Any], Any]
NUMBERS = np.array([1.0, 2.0])

READ: list[tuple[str, Make]] = [
    ("pandas", lambda pd: pd.Series(NUMBERS)),
    ("pandas", lambda pd: pd.Series(NUMBERS, dtype="Float64")),
    ("pandas", lambda pd: pd.Index(NUMBERS)),
    ("pandas", lambda pd: pd.array([1, 2], "Int64")),
    ("pandas", lambda pd: pd.arrays.SparseArray(NUMBERS)),
    ("pandas", lambda pd: pd.DataFrame({"mask": [1.0], "unit": [2.0]})),
    ("pandas", lambda pd: pd.DataFrame({"isna": [1.0, 2.0]})),
    ("pandas", lambda pd: pd.Series([1.0, np.nan])),
    ("pyarrow", lambda pa: pa.array(NUMBERS)),
    ("pyarrow", lambda pa: pa.table({"a": NUMBERS})),
    ("polars", lambda pl: pl.Series(NUMBERS)),
    ("polars", lambda pl: pl.DataFrame({"a": NUMBERS})),
    ("xarray", lambda xr: xr.DataArray(NUMBERS, attrs={"units": "m"})),
    ("torch", lambda torch: torch.from_numpy(NUMBERS)),
    ("torch", lambda torch: torch.ones(2).half()),
    ("torch", lambda torch: [torch.ones(2), torch.ones(2)]),
    ("torch", lambda torch: torch.from_numpy(NUMBERS).requires_grad_().detach()),
    ("jax", lambda jax: jax.numpy.asarray(NUMBERS)),
    ("tensorflow", lambda tf: tf.constant(NUMBERS)),
    ("tensorflow", lambda tf: tf.Variable(NUMBERS)),
]


@pytest.mark.parametrize(("library", "make"), READ)
def test_read(library: str, make: Make) -> None:
    value = make(pytest.importorskip(library))
    result = softmax(value, axis=None)
    np.testing.assert_array_equal(result, softmax(np.asarray(value), axis=None), strict=True)
    assert type(result) is np.ndarray


def masked_tensor(torch: Any) -> Any:
    masked: Any = pytest.importorskip("torch.masked")
    return masked.masked_tensor(torch.ones(2), torch.tensor([True, False]))


def bcoo(jax: Any) -> Any:
    sparse: Any = pytest.importorskip("jax.experimental.sparse")
    return sparse.BCOO.fromdense(jax.numpy.eye(2))


def symbolic(tf: Any) -> Any:
    return tf.keras.Input((2,))


REFUSED: list[tuple[str, Make, str]] = [
    ("pandas", lambda pd: pd.Series([1, None], dtype="Int64"), "missing"),
    ("pandas", lambda pd: pd.array([1.0, None], "Float64"), "missing"),
    ("pandas", lambda pd: pd.Series([True, None], dtype="boolean"), "missing"),
    ("pandas", lambda pd: pd.Series([1, None], dtype="int64[pyarrow]"), "missing"),
    ("pandas", lambda pd: pd.DataFrame({"a": pd.array([1, None], "Int64")}), "missing"),
    ("pandas", lambda pd: pd.Series(pd.Categorical([3, 7])), "categorical"),
    ("pandas", lambda pd: pd.Categorical([3, None]), "categorical"),
    ("pandas", lambda pd: pd.DataFrame({"a": pd.Categorical([3, 7])}), "categorical"),
    ("pandas", lambda pd: pd.Series(["1"], dtype="string"), "real numbers"),
    ("pandas", lambda pd: pd.Series(["1"]), "real numbers"),
    ("pandas", lambda pd: pd.Series(pd.to_datetime(["2020"])), "days since"),
    ("pandas", lambda pd: pd.Series(pd.to_timedelta([1], unit="s")), "timedelta64"),
    ("pandas", lambda pd: pd.MultiIndex.from_tuples([(1, 2)]), "real numbers"),
    ("pandas", lambda pd: pd.DataFrame({"a": [1.0], "b": ["x"]}), "entry of which is 'x'"),
    ("pandas", lambda pd: pd.NA, "NAType"),
    ("pandas", lambda pd: [1.0, pd.NA], "fill what is missing"),
    ("pyarrow", lambda pa: pa.array([1, None]), "missing"),
    ("pyarrow", lambda pa: pa.chunked_array([[1.0, None]]), "missing"),
    ("pyarrow", lambda pa: pa.table({"a": [1.0, None]}), "missing"),
    ("polars", lambda pl: pl.Series([1, None]), "missing"),
    ("polars", lambda pl: pl.DataFrame({"a": [1.0, None]}), "missing"),
    ("polars", lambda pl: pl.LazyFrame({"a": [1.0]}), "LazyFrame"),
    ("dask.array", lambda da: da.ones(3), "lazy"),
    ("dask.array", lambda da: [da.ones(3)], "lazy"),
    ("dask.dataframe", lambda dd: dd.from_dict({"a": [1.0]}, npartitions=1), "lazy"),
    ("dask", lambda dask: dask.delayed(np.ones)(3), "lazy"),
    ("xarray", lambda xr: xr.DataArray(NUMBERS).chunk(), "lazy"),
    ("xarray", lambda xr: xr.Dataset({"a": ("x", NUMBERS)}), "Dataset says"),
    ("sparse", lambda sparse: sparse.COO.from_numpy(np.eye(2)), "sparse"),
    ("torch", lambda torch: torch.ones(2, requires_grad=True), "detach"),
    ("torch", lambda torch: [torch.ones((), requires_grad=True)], "detach"),
    ("torch", lambda torch: torch.nn.Parameter(torch.ones(2)), "detach"),
    ("torch", lambda torch: torch.ones(2).bfloat16(), "BFloat16"),
    ("torch", lambda torch: torch.eye(2).to_sparse(), "to_dense"),
    ("torch", lambda torch: torch.eye(2).to_sparse_csr(), "to_dense"),
    ("torch", lambda torch: torch.ones(2, device="meta"), r"Tensor.cpu\(\)"),
    ("torch", masked_tensor, "masked"),
    ("jax", lambda jax: jax.numpy.ones(2, "bfloat16"), "astype.np.float32"),
    ("jax", lambda jax: jax.numpy.ones(2, "float8_e5m2"), "astype.np.float32"),
    ("jax", lambda jax: jax.random.key(0), "key_data"),
    ("jax", bcoo, "sparse"),
    ("tensorflow", symbolic, "pass an array of NumPy"),
    ("astropy.units", lambda units: NUMBERS * units.m, "unit"),
    ("pint", lambda pint: pint.UnitRegistry().Quantity(NUMBERS, "m"), "unit"),
    ("unyt", lambda unyt: unyt.unyt_array(NUMBERS, "m"), "unit"),
]


@pytest.mark.parametrize(("library", "make", "said"), REFUSED)
@pytest.mark.filterwarnings("ignore:.*prototype:UserWarning")  # masked tensors, sparse rows
@pytest.mark.filterwarnings("ignore:.*beta state:UserWarning")
def test_refused(library: str, make: Make, said: str) -> None:
    value = make(pytest.importorskip(library))
    with pytest.raises((TypeError, ValueError), match=rf"^(?=z\b).*{said}"):
        softmax(value, axis=None)


@pytest.mark.parametrize("transform", ["jit", "grad", "vmap"])
def test_jax_does_not_trace_through(transform: str) -> None:
    jax: Any = pytest.importorskip("jax")
    with pytest.raises(TypeError, match=r"^z is traced, and has no numbers yet"):
        getattr(jax, transform)(softmax)(jax.numpy.ones((2, 2)))


@pytest.mark.parametrize("transform", ["grad", "vmap"])
def test_nor_does_pytorch(transform: str) -> None:
    torch: Any = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"^z "):
        getattr(torch.func, transform)(softmax)(torch.ones(2, 2))


LABELS: list[tuple[str, Make, str]] = [
    ("pandas", lambda pd: pd.array([0, None], "Int64"), "^labels has missing entries"),
    ("pandas", lambda pd: pd.Series([0, None]), re.escape("labels[1] is missing (NaN)")),
    ("pandas", lambda pd: pd.Series(["a", "b"], dtype="category"), "^labels is categorical"),
    ("dask.array", lambda da: da.zeros(2, int), "^labels is lazy"),
    ("polars", lambda pl: pl.Series([0, None]), "^labels has missing entries"),
]


@pytest.mark.parametrize(("library", "make", "said"), LABELS)
def test_labels(library: str, make: Make, said: str) -> None:
    labels = make(pytest.importorskip(library))
    with pytest.raises((TypeError, ValueError), match=said):
        softmax_cross_entropy(np.zeros((2, 3)), labels)


@pytest.mark.parametrize(("library", "make"), [
    ("pandas", lambda pd: pd.Series([0, 2], dtype="Int64")),
    ("torch", lambda torch: torch.tensor([0, 2])),
    ("jax", lambda jax: jax.numpy.array([0, 2])),
])  # fmt: skip
def test_labels_that_are_read(library: str, make: Make) -> None:
    z = np.arange(6.0).reshape(2, 3)
    losses = softmax_cross_entropy(z, make(pytest.importorskip(library)))
    np.testing.assert_array_equal(losses, softmax_cross_entropy(z, [0, 2]))
