"""People's code and arrays in another process."""

import pickle
import sys
import threading
from pathlib import Path

import numpy as np

from dure.engine.fitting.processes.by_value import SMALL, dumps, find_pickle_faults
from helpers.fresh_process import run_fresh


def test_code_that_no_other_process_could_import_comes_along(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "made_here.py"
    file.parent.mkdir()
    file.write_text("FACTOR = 3\ndef triple(x):\n    return FACTOR * x\n", "utf-8")
    sys.path.insert(0, str(file.parent))
    try:
        import made_here  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(file.parent))
    packed = tmp_path / "packed"
    packed.write_bytes(dumps(made_here.triple, tmp_path))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb'))(5))"
    assert run_fresh(code, packed).strip() == "15"


def test_large_arrays_are_files_that_nobody_can_change(tmp_path: Path) -> None:
    large = np.arange(SMALL, dtype=np.int16)
    packed = dumps({"large": large, "again": large, "small": large[:5]}, tmp_path)
    assert len(packed) < 10_000 and len(list(tmp_path.iterdir())) == 1
    found = pickle.loads(packed)
    found["large"][0] = 7
    assert found["again"] is found["large"] and type(found["large"]) is np.ndarray
    np.testing.assert_array_equal(pickle.loads(packed)["large"], large)


def test_what_cannot_be_handed_on_is_named() -> None:
    held = threading.Lock()
    (fault,) = find_pickle_faults({"build": lambda: held, "callback Fine": print})
    assert fault.startswith("build cannot be handed to a process of its own")
    assert "instead of holding it" in fault
