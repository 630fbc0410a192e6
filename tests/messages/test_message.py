"""Sentences that keep what they are made of."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.errors import DureError
from dure.messages.korean_particles import with_particle
from dure.messages.message import Message, as_is, has_words, joined, say
from dure.messages.phrases import count, join_list
from dure.messages.translate import MissingTranslation, check_language, read_message, translate

names = st.text(max_size=20)


def test_is_its_english_text() -> None:
    said = say("{name} is {share:.0%} of {of}", name="a", share=0.25, of=count(2, "lane"))
    assert said == "a is 25% of 2 lanes"
    assert isinstance(said, str)
    assert said.template == "{name} is {share:.0%} of {of}"
    assert json.dumps({"said": said}) == '{"said": "a is 25% of 2 lanes"}'


def test_adding_keeps_templates() -> None:
    said = count(1, "lane") + "; " + count(2, "seed")
    said += " {not a field}"
    assert said == "1 lane; 2 seeds {not a field}"
    assert translate(said, "ko") == "레인 1개; 시드 2개 {not a field}"


def test_what_is_no_said_any_more_cannot_be_translated_silently() -> None:
    assert not isinstance(f"{count(1, 'lane')}", Message)
    with pytest.raises(MissingTranslation, match="nobody ever said this"):
        translate(Message("nobody ever said this", {}), "ko")


@given(st.lists(names, max_size=5), names)
def test_joined_is_join(parts: list[str], by: str) -> None:
    said = joined(parts, by)
    assert said == by.join(part for part in parts if part)
    assert Message.from_json(json.loads(json.dumps(said.to_json()))) == said


@given(names)
def test_a_name_is_never_a_template(name: str) -> None:
    assert as_is(name) == name == translate(as_is(name), "ko")
    assert say("{first} and {second}", first=name, second=name) == f"{name} and {name}"


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_keep_templates(again) -> None:  # type: ignore[no-untyped-def]
    said = say("{lanes} × {seeds}", lanes=count(3, "lane"), seeds=count(1, "seed"))
    twin = again(said)
    assert twin == said
    assert translate(twin, "ko") == "레인 3개 × 시드 1개"


def test_stored_and_read_again_it_is_the_same() -> None:
    said = join_list(["a", "{b}", count(1_000, "row")])
    read = Message.from_json(json.loads(json.dumps(said.to_json())))
    assert read == said == "a, {b} and 1,000 rows"
    assert translate(read, "ko") == "a, {b}, 행 1,000개"
    assert Message.from_json("plain") == "plain"


@pytest.mark.parametrize(
    "document",
    [
        {"say": "{x.__class__}", "with": {"x": "1"}},
        {"say": "{x[0]}", "with": {"x": "1"}},
        {"say": "{x:>99999999}", "with": {"x": "1"}},
        {"say": "{x}", "with": {}},
        {"say": "{x", "with": {"x": "1"}},
        {"say": 3, "with": {}},
        {"with": {}},
        None,
        [1],
    ],
)
def test_what_is_no_sentence_stays_what_it_is(document: object) -> None:
    with pytest.raises(ValueError, match="no sentence of Dure"):
        Message.from_json(document)
    assert read_message(document) == str(document)


def test_values_and_words_are_treated_apart() -> None:
    said = say("{number} lanes", number="<3>")
    marked = translate(said, "ko", wording=str.upper, value=lambda text: f"[{text}]")
    assert marked == "레인 [<3>]개"
    assert translate(said, "en", wording=str.upper, value=lambda text: f"[{text}]") == "[<3>] LANES"


def test_texts_without_letters_need_no_translation() -> None:
    assert not has_words("{a}: {b} [{c}, {d}] %")
    assert translate(say("{a} - {b}", a="x", b="y"), "ko") == "x - y"


@pytest.mark.parametrize(
    ("word", "form", "particle"),
    [
        ("사과", "은", "는"),
        ("수박", "은", "은"),
        ("수박", "으로", "으로"),
        ("서울", "으로", "로"),
        ("사과", "으로", "로"),
        ("L2 0.001", "이", "이"),  # 일
        ("dropout 0.5", "이", "가"),  # 오
        ("8", "으로", "로"),  # 팔
        ("6", "으로", "으로"),  # 육
        ("LSTM", "은", "은"),  # 엠
        ("GRU", "은", "는"),  # 유
        ("L2", "을", "를"),  # 이
        ("12 %", "이다", "다"),  # 퍼센트
        ("baseline", "은", "은(는)"),
        ("cell=LSTM", "은", "은"),
        ("(사과)", "과", "와"),
        ("", "은", "은(는)"),
    ],
)
def test_particles_follow_the_last_sound(word: str, form: str, particle: str) -> None:
    assert with_particle(word, form) == particle


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    check_language("ko")
    with pytest.raises(DureError, match=r"'kr'; expected en \(English\), ko \(한국어\)"):
        check_language("kr")
