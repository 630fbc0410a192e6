"""from_folder: pixels by plain arithmetic, odd and corrupt files, every bad folder told in full."""

import struct
import sys
import types
import unicodedata
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dure
from dure.data import from_folder
from dure.data.readers import common, pictures

RNG = np.random.default_rng(0)


def save(path: Path, pixels: Any = None, **options: Any) -> Path:
    """A picture file of these pixels (default: noise of 4 x 6), its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixels is None:
        pixels = RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **options)
    return path


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        for number in range(5):
            save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


def faults_of(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        from_folder(*args, **kwargs)
    return caught.value.faults


def the_fault_of(*args: Any, **kwargs: Any) -> str:
    faults = faults_of(*args, **kwargs)
    assert len(faults) == 1, faults
    return faults[0]


def read_one(path: Path, pixels: Any, color_mode: Any = "rgb", **options: Any) -> np.ndarray:
    """What one file becomes, 0 to 255, read as a class of its own beside a black picture."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    save(path / "a" / options.pop("name", "one.png"), image, **options)
    save(path / "b" / "black.png", np.zeros((1, 1, 3), np.uint8))
    data = from_folder(path, image_size=image.size[::-1], color_mode=color_mode)
    return np.asarray(data.x[list(data.y).index(0)] * 255)


# What comes out


def test_pictures_and_labels(pets: Path) -> None:
    data = from_folder(pets)
    assert (data.x.shape, data.x.dtype, data.y.dtype) == ((10, 4, 6, 3), np.float32, np.int64)
    assert data.class_names == ("cat", "dog")
    assert (data.kind, data.task, data.source) == ("image", "classification", "pictures in pets")
    wanted = {
        (np.asarray(Image.open(path)).astype(np.float32) / np.float32(255)).tobytes(): label
        for label, name in enumerate(("cat", "dog"))
        for path in (pets / name).iterdir()
    }
    got = {row.tobytes(): int(label) for row, label in zip(data.x, data.y, strict=True)}
    assert got == wanted
    assert data.y.tolist() != sorted(data.y)  # shuffled: the last rows are not all dogs
    assert from_folder(pets).fingerprint == data.fingerprint


def test_labels_agree_with_keras(pets: Path, tmp_path: Path) -> None:
    from keras.src.utils.dataset_utils import index_directory

    for name in ("Zebra", "ant", "10", "9"):
        save(pets / name / "deep" / "er" / "x.JPG")
    _, _, names = index_directory(str(pets), "inferred", tuple(pictures.SUFFIXES), shuffle=False)
    data = from_folder(pets)
    assert data.class_names == tuple(names)
    assert np.bincount(data.y).tolist() == [1, 1, 1, 1, 5, 5]


def test_grayscale_is_luma(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    got = read_one(tmp_path, pixels, "grayscale")
    assert got.shape == (5, 7, 1)
    np.testing.assert_allclose(got[..., 0], pixels @ [0.299, 0.587, 0.114], atol=0.51)


def test_the_test_part_is_stratified(pets: Path) -> None:
    data = from_folder(pets, test=0.4)
    assert np.bincount(data.y).tolist() == [3, 3]
    assert np.bincount(data.test.y).tolist() == [2, 2]
    rows = {row.tobytes() for row in (*data.x, *data.test.x)}
    assert len(rows) == 10


def test_a_second_folder_is_the_test_part(pets: Path, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        save(tmp_path / "held" / name / "0.png", np.full((4, 6), 255, np.uint8))
    data = from_folder(pets, test=tmp_path / "held")
    assert (data.rows, data.test.x.min(), data.test.y.tolist()) == (10, 1.0, [0, 1])
    assert data.source == "pictures in pets, tested on held"
    save(tmp_path / "held" / "cow" / "0.png")
    assert "path and test differ in the class folders 'cow'" in the_fault_of(
        pets, test=tmp_path / "held"
    )


def test_resizing_by_a_triangle_over_an_area(tmp_path: Path) -> None:
    line = RNG.integers(0, 256, 20, dtype=np.uint8)
    save(tmp_path / "a" / "0.png", np.tile(line, (3, 1)))
    save(tmp_path / "b" / "0.png", np.full((7, 5), 70, np.uint8))
    data = from_folder(tmp_path, image_size=(3, 4), color_mode="grayscale")
    shrunk, flat = data.x[np.argsort(data.y)] * 255
    plain = []
    for pixel in range(4):
        weights = [max(0, 1 - abs(at + 0.5 - (pixel + 0.5) * 5) / 5) for at in range(20)]
        plain.append(np.dot(line, weights) / sum(weights))
    np.testing.assert_allclose(shrunk[..., 0], [plain] * 3, atol=0.51)
    np.testing.assert_allclose(flat, 70, atol=1e-4)


def test_korean_names_in_pieces_are_put_together(tmp_path: Path) -> None:
    for name in ("고양이", "개"):
        save(tmp_path / unicodedata.normalize("NFD", name) / "사진.png")
    assert from_folder(tmp_path).class_names == ("개", "고양이")


# Odd files


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_honoured(orientation: int, tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    stored = {  # what a camera stores so that `pixels` is what one should see
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.T,
        6: pixels.T[::-1],
        7: pixels.T[::-1, ::-1],
        8: pixels.T[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(tmp_path / "a" / "0.png", np.ascontiguousarray(stored), exif=exif)
    save(tmp_path / "b" / "0.png", np.zeros((3, 4), np.uint8))
    data = from_folder(tmp_path, color_mode="grayscale")  # one size only, once turned
    np.testing.assert_allclose(data.x[list(data.y).index(0), ..., 0] * 255, pixels, atol=1e-4)


def test_palettes(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 4, (5, 5, 1), dtype=np.uint8) * np.uint8([60, 20, 80])
    palette = Image.fromarray(pixels).quantize(16)
    assert palette.mode == "P"
    np.testing.assert_allclose(read_one(tmp_path, palette), pixels, atol=1e-4)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_become_white(mode: str, tmp_path: Path) -> None:
    grey = np.full((2, 2, 3 if mode == "RGBA" else 1), 100, np.uint8)
    alpha = np.uint8([[0, 255], [51, 0]])[..., np.newaxis]
    got = read_one(tmp_path, Image.fromarray(np.concatenate([grey, alpha], axis=2), mode=None))
    np.testing.assert_allclose(got[..., 0], [[255, 100], [224, 255]], atol=0.51)


def test_a_transparent_colour_of_a_palette(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putpixel((1, 0), 1)
    got = read_one(tmp_path, picture, name="one.gif", transparency=1)
    np.testing.assert_allclose(got, [[[10, 20, 30], [255, 255, 255]]], atol=1e-4)


def test_cmyk(tmp_path: Path) -> None:
    picture = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    got = read_one(tmp_path, picture, name="one.jpg", quality=100)
    np.testing.assert_allclose(got.mean(axis=(0, 1)), [0, 255, 255], atol=3)


@pytest.mark.parametrize("name", ["one.png", "one.tif"])
@pytest.mark.parametrize("color_mode", ["rgb", "grayscale"])
def test_16_bits_keep_their_precision(name: str, color_mode: Any, tmp_path: Path) -> None:
    pixels = RNG.integers(0, 65536, (3, 4), dtype=np.uint16)
    got = read_one(tmp_path, pixels, color_mode, name=name)
    assert got.shape[2] == (3 if color_mode == "rgb" else 1)
    for channel in range(got.shape[2]):
        np.testing.assert_allclose(got[..., channel], pixels / 257, rtol=1e-5)


def test_values_without_a_range_are_not_guessed(pets: Path) -> None:
    save(pets / "cat" / "f.tif", np.full((4, 6), 700, np.float32))
    save(pets / "cat" / "i.tif", np.full((4, 6), 70_000, np.int32))
    with pytest.warns(UserWarning, match="2 pictures .*\n.*32-bit values have no known range"):
        assert from_folder(pets).rows == 10


def test_one_bit_and_animations(tmp_path: Path) -> None:
    bits = np.array([[True, False], [False, True]])
    np.testing.assert_allclose(read_one(tmp_path / "bits", bits)[..., 1], bits * 255, atol=1e-4)
    frames = [Image.new("RGB", (2, 2), colour) for colour in ("red", "blue")]
    got = read_one(
        tmp_path / "gif", frames[0], name="a.gif", save_all=True, append_images=frames[1:]
    )
    np.testing.assert_allclose(got[0, 0], [255, 0, 0], atol=1e-4)


def test_hidden_files_count_for_nothing_and_others_are_counted(pets: Path) -> None:
    for name in ("Thumbs.db", ".DS_Store", "cat/desktop.ini", "cat/.hidden.png"):
        (pets / name).write_bytes(b"x")
    for name in (".git", "__MACOSX", "cat/.thumbnails"):
        save(pets / name / "0.png")
    for name in ("readme.txt", "dog/notes.txt"):
        (pets / name).write_text("x", encoding="utf-8")
    data = from_folder(pets)
    assert (data.rows, data.class_names) == (10, ("cat", "dog"))
    assert data.source == "pictures in pets, 2 other files (2 .txt) passed over"


# Pictures of other kinds


def test_pictures_that_are_not_read_are_told_with_what_to_do(pets: Path) -> None:
    for name in ("cat/a.HEIC", "dog/b.heic", "cat/c.svg", "dog/d.cr2", "dog/e.mp4"):
        (pets / name).write_bytes(b"x")
    save(pets / "loose.png")
    for number in range(4):
        save(pets / "cat" / "f.png").rename(pets / "cat" / f"IMG{number}")
    (pets / "dog" / "notes.txt").write_text("no picture", "utf-8")
    (pets / "dog" / "empty").write_bytes(b"")
    with pytest.warns(UserWarning) as caught:
        data = from_folder(pets)
    told = str(caught[0].message).splitlines()
    assert caught[0].filename == __file__ and len(caught) == 1
    assert told[0] == "10 pictures not read and passed over:"
    assert sorted(told[1:]) == [
        "  1 other file (1 .cr2), d.cr2: develop it to .jpg, .png or .tif",
        "  1 other file (1 .mp4), e.mp4: take pictures out of the film, as .jpg or .png",
        "  1 other file (1 .png), loose.png: put it into the folder of its class",
        "  1 other file (1 .svg), c.svg: convert it to .jpg or .png",
        "  2 other files (2 .heic), a.HEIC, b.heic: install pillow-heif, or convert it to .jpg or "
        ".png",
        "  4 other files (4 without a suffix), IMG0, IMG1, IMG2 and 1 more: it holds a picture, so "
        "name it .jpg, .png or what it is",
    ]
    assert data.rows == 10
    assert data.source is not None and "12 other files (5 without a suffix, 2 .heic" in data.source


def test_a_class_of_phone_pictures_only_says_what_lies_there(pets: Path) -> None:
    (pets / "hen").mkdir()
    (pets / "hen" / "a.heic").write_bytes(b"x")
    assert "No pictures in 1 class folder: 'hen' (1 other file (1 .heic))." in the_fault_of(pets)


def test_with_pillow_heif_phone_pictures_are_read(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heif = types.ModuleType("pillow_heif")
    heif.register_heif_opener = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pillow_heif", heif)
    pictures._register_heif.cache_clear()
    save(pets / "cat" / "a.png").rename(pets / "cat" / "a.HEIC")
    assert from_folder(pets).rows == 11
    pictures._register_heif.cache_clear()


def test_files_of_several_pictures_are_counted(pets: Path) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue")]
    for name in ("a.gif", "a.tif", "a.webp"):
        save(pets / "cat" / name, frames[0], save_all=True, append_images=frames[1:])
    save(pets / "dog" / "one.gif", frames[0])
    assert from_folder(pets).source == "pictures in pets, the first of several in 3 files"


def test_a_wrong_suffix_of_a_picture_does_not_matter(pets: Path) -> None:
    save(pets / "cat" / "a.png").rename(pets / "cat" / "a.jpg")
    assert from_folder(pets).source == "pictures in pets"


# Corrupt files


def corrupt(path: Path, how: str) -> None:
    whole = save(path, Image.effect_noise((64, 64), 50)).read_bytes()
    middle = len(whole) // 2
    made = {
        "cut": whole[:middle],
        "empty": b"",
        "text": b"<html>404</html>",
        "head only": whole[:20],
        "flipped": whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 99]),
        "huge": whole[:16] + struct.pack(">II", 2**30, 2**30) + whole[24:],
    }
    path.write_bytes(made[how])


WAYS = ["cut", "empty", "text", "head only", "flipped", "huge"]


@pytest.mark.parametrize("size", [None, (4, 6)])
def test_corrupt_pictures_are_reported_and_left_out(size: Any, pets: Path) -> None:
    for how in WAYS:
        corrupt(pets / "cat" / f"{how}.png", how)
    if size is None:  # their heads are sound, so they would count as pictures of another size
        for how in ("cut", "flipped"):
            (pets / "cat" / f"{how}.png").write_bytes(
                save(pets / "cat" / f"{how}.png").read_bytes()[:-40]
            )
    with pytest.warns(UserWarning) as caught:
        data = from_folder(pets, image_size=size, test=0.2)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    told = str(caught[0].message)
    assert told.startswith("6 pictures cannot be read and left out:\n")
    assert all(f"{how}.png: " in told for how in WAYS)
    assert data.rows + len(data.test.y) == 10
    assert data.source == "pictures in pets, 6 unreadable pictures left out"


def test_ten_corrupt_pictures_are_named_and_all_counted(pets: Path) -> None:
    for number in range(13):
        (pets / "dog" / f"bad {number:02}.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="13 pictures cannot be read") as caught:
        from_folder(pets)
    told = str(caught[0].message)
    assert told.count("bad ") == 10
    assert told.endswith("and 3 more")


@pytest.mark.parametrize("size", [None, (4, 6)])
def test_a_class_of_corrupt_pictures_is_refused(size: Any, pets: Path) -> None:
    for path in (pets / "cat").iterdir():
        path.write_bytes(b"nothing")
    fault = the_fault_of(pets, image_size=size)
    assert "none of the pictures can be read in 1 class folder" in fault
    assert "'cat'; for one, 0.png: no known kind of picture" in fault


def test_odd_metadata_is_no_reason_to_warn(pets: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0"  # ends within its first entry
    save(pets / "cat" / "odd.jpg", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert from_folder(pets).rows == 11


# Bad folders


def test_several_sizes_are_listed(pets: Path) -> None:
    save(pets / "dog" / "wide.png", np.zeros((4, 9), np.uint8))
    save(pets / "cat" / "tall.png", np.zeros((8, 6), np.uint8))
    fault = the_fault_of(pets)
    assert "3 sizes (height x width): 4 x 6 (10 pictures), " in fault
    assert "8 x 6 (1 picture)" in fault
    assert "image_size=(height, width) to resize them, such as (4, 6)." in fault
    assert from_folder(pets, image_size=(4, 6)).rows == 12


def test_folders_that_are_none(pets: Path, tmp_path: Path) -> None:
    assert the_fault_of(tmp_path / "pet").endswith("Did you mean 'pets'?")
    assert "is a file; unpack it" in the_fault_of(pets / "cat" / "0.png")
    (tmp_path / "empty").mkdir()
    assert "holds no pictures; put them into a folder per class" in the_fault_of(tmp_path / "empty")
    assert "holds 5 files directly and no folders" in the_fault_of(pets / "cat")
    (tmp_path / "empty").rmdir()
    fault = the_fault_of(tmp_path)
    assert "holds one class only, 'pets'" in fault
    assert f"Perhaps you mean {str(pets)!r}?" in fault
    assert "path is of type int" in the_fault_of(3)


def test_empty_class_folders(pets: Path) -> None:
    (pets / "cow").mkdir()
    (pets / "hen").mkdir()
    (pets / "hen" / "notes.txt").write_text("x", encoding="utf-8")
    fault = the_fault_of(pets)
    assert fault.startswith("No pictures in 2 class folders: 'cow', 'hen' (1 other file (1 .txt)).")
    assert ".png" in fault


def test_parts_are_no_classes(tmp_path: Path) -> None:
    for name in ("train/cat", "train/dog", "test/cat", "test/dog"):
        save(tmp_path / name / "0.png")
    fault = the_fault_of(tmp_path)
    assert "are parts, not classes: 'test', 'train'. Pass the one to train on" in fault
    assert from_folder(tmp_path / "train", test=tmp_path / "test").rows == 2


def test_bad_arguments_all_at_once(tmp_path: Path) -> None:
    faults = faults_of(tmp_path / "no", image_size=28, color_mode="greyscale", test=1.0)
    assert len(faults) == 4
    assert faults[0] == "image_size is 28; pass (height, width) in pixels, or None."
    assert faults[1].endswith("Did you mean 'grayscale'?")
    assert faults[2].startswith("test is 1.0")
    assert faults[3].startswith("There is no folder")


def test_more_than_fits_into_memory(pets: Path) -> None:
    with pytest.raises(dure.StudyError, match=r"10 pictures .* take 15,000.0 GB"):
        from_folder(pets, image_size=(100_000, 1_000_000))


# The bar


def test_a_bar_shows_after_two_seconds(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes the stream for a terminal
    times = iter([0.0, 1.0, 1.5, 2.5, 3.0, 3.5])
    assert list(common.with_progress("abcde", 5, "reading", lambda: next(times))) == list("abcde")
    assert "reading" in capsys.readouterr().err
    assert list(common.with_progress("ab", 2, "reading", iter([0.0, 1.0, 1.9]).__next__)) == [
        "a",
        "b",
    ]
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "")
    assert list(common.with_progress("ab", 2, "reading", iter([0.0, 9.0, 9.9]).__next__)) == [
        "a",
        "b",
    ]
    assert capsys.readouterr() == ("", "")
