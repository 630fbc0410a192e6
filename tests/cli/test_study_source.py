"""What a command line names, also where a path begins with a drive."""

from __future__ import annotations

import pytest

from dure.cli.study_source import make_source


@pytest.mark.parametrize("path", ["digits.py", "C:/courses/digits.py", "a b/digits.py"])
@pytest.mark.parametrize("name", [None, "study"])
def test_a_file_and_the_study_in_it(path: str, name: str | None) -> None:
    source = make_source(path if name is None else f"{path}:{name}", 3, None, None)
    assert source["file"].replace("\\", "/").endswith(path)
    assert (source["name"], source["seeds"]) == (name, 3)
