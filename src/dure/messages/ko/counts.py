"""Korean for `dure.messages.phrases`: counts with their nouns, and lists."""

from __future__ import annotations

from dure.core.formatting import pluralize

_NOUNS = {
    "class": "클래스 {number}개",
    "comparison": "비교 {number}건",
    "epoch": "{number} 에포크",
    "finding": "소견 {number}건",
    "fold": "폴드 {number}개",
    "lane": "레인 {number}개",
    "layer": "층 {number}개",
    "network": "신경망 {number}개",
    "number": "숫자 {number}개",
    "pair": "쌍 {number}개",
    "parameter": "매개변수 {number}개",
    "picture": "그림 {number}개",
    "program": "프로그램 {number}개",
    "row": "행 {number}개",
    "run": "실행 {number}개",
    "seed": "시드 {number}개",
    "variant": "변형 {number}개",
}

TEXTS: dict[str, str] = {
    "{most} and {last}": "{most}, {last}",
    **{f"{{number}} {pluralize(n, noun)}": ko for noun, ko in _NOUNS.items() for n in (1, 2)},
}
