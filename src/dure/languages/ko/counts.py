"""Korean for `dure._text`: counts with their nouns, and lists."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "{most} and {last}": "{most:과} {last}",
    "{number} class": "클래스 {number}개",
    "{number} classes": "클래스 {number}개",
    "{number} comparison": "비교 {number}건",
    "{number} comparisons": "비교 {number}건",
    "{number} epoch": "{number} 에포크",
    "{number} epochs": "{number} 에포크",
    "{number} finding": "소견 {number}건",
    "{number} findings": "소견 {number}건",
    "{number} fold": "폴드 {number}개",
    "{number} folds": "폴드 {number}개",
    "{number} lane": "레인 {number}개",
    "{number} lanes": "레인 {number}개",
    "{number} network": "신경망 {number}개",
    "{number} networks": "신경망 {number}개",
    "{number} number": "숫자 {number}개",
    "{number} numbers": "숫자 {number}개",
    "{number} parameter": "매개변수 {number}개",
    "{number} parameters": "매개변수 {number}개",
    "{number} program": "프로그램 {number}개",
    "{number} programs": "프로그램 {number}개",
    "{number} row": "행 {number}개",
    "{number} rows": "행 {number}개",
    "{number} seed": "시드 {number}개",
    "{number} seeds": "시드 {number}개",
    "{number} variant": "변형 {number}개",
    "{number} variants": "변형 {number}개",
}
