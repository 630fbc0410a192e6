"""Korean particles, which follow the sound that a word ends with.

After a consonant another form stands than after a vowel: 은/는, 이/가, 을/를, 과/와, 으로/로.
A catalogue writes the first of a pair as the field's format, ``{name:은}``. Where it cannot be
known how a word is read (Latin words), both are written, as Korean programs do: 은(는).
"""

from __future__ import annotations

_FORMS = {
    "은": ("은", "는", "은(는)"),
    "이": ("이", "가", "이(가)"),
    "을": ("을", "를", "을(를)"),
    "과": ("과", "와", "과(와)"),
    "으로": ("으로", "로", "(으)로"),
    "이라": ("이라", "라", "(이)라"),
    "이다": ("이다", "다", "(이)다"),
    "이며": ("이며", "며", "(이)며"),
    "이고": ("이고", "고", "(이)고"),
    "이나": ("이나", "나", "(이)나"),
}
# Digits as they are read (영 일 이 삼 사 오 육 칠 팔 구), letters by their names (엘, 엠, 엔, 알).
_CONSONANT_DIGITS, _CONSONANT_LETTERS = "013678", "LMNR"
_ENDS_IN_L = {"1", "7", "8", "L", "R"}


def with_particle(word: str, form: str) -> str:
    """The particle that follows a word, '은', '는' or '은(는)' for the form '은'.

    Raises
    ------
    KeyError
        For a form that is not the first of a pair.
    """
    after_consonant, after_vowel, unknown = _FORMS[form]
    end = _end(word)
    if end is None:
        return unknown
    consonant, is_l = end
    if form == "으로" and is_l:
        return after_vowel
    return after_consonant if consonant else after_vowel


def _end(word: str) -> tuple[bool, bool] | None:
    """Whether the last sound is a consonant, and whether it is an l; None if that is not known."""
    word = word.rstrip("\"'”’)")
    if not word:
        return None
    last = word[-1]
    if "가" <= last <= "힣":
        jong = (ord(last) - ord("가")) % 28
        return jong > 0, jong == 8
    if last == "%":  # 퍼센트
        return False, False
    if last.isascii() and last.isdigit():
        return last in _CONSONANT_DIGITS, last in _ENDS_IN_L
    letters = word[-2:]
    if last.isascii() and last.isalpha() and last.isupper() and not letters[0].islower():
        return last in _CONSONANT_LETTERS, last in _ENDS_IN_L
    return None
