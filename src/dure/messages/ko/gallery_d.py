"""Korean for `dure.gallery`, rows D1 to D7."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "mean length": "평균 길이",
    "median length": "길이의 중앙값",
    "{longer:.0f} % of the reviews are longer than {cut} words and lose their beginning: the "
    "last {cut} words of each hold {kept:.0f} % of all words.": (
        "리뷰의 {longer:.0f} %는 {cut}단어보다 길어서 앞부분을 잃습니다. 각 리뷰의 마지막 "
        "{cut}단어에 전체 단어의 {kept:.0f} %가 들어 있습니다."
    ),
    "The {reviews:,} reviews that train are {integers:.1f} MB of integers; their one-hot array "
    "of {words} words would be {one_hot:.2f} GB ({note_one_hot:.1f} GB for the note's "
    "{note_reviews:,}). All training at once, data included, is planned to peak at {peak:.0f} "
    "MB.": (
        "훈련에 쓰는 리뷰 {reviews:,}개는 정수로 {integers:.1f} MB입니다. 단어 {words}개의 원-핫 "
        "배열이라면 {one_hot:.2f} GB가 됩니다(노트의 {note_reviews:,}개라면 {note_one_hot:.1f} "
        "GB). 모두 한꺼번에 훈련할 때 데이터를 포함해 계획된 최대 메모리는 {peak:.0f} MB입니다."
    ),
    "untrained, by a touch": "훈련 전, 입력을 살짝 건드릴 때",
    "trained, by a touch": "훈련 뒤, 입력을 살짝 건드릴 때",
    "trained, by another input": "훈련 뒤, 다른 입력으로 바꿀 때",
    "over {steps}": "{steps} 초과",
    "{what}: horizon in steps, median [least, largest]: {ways}. Training lengthened it in "
    "{longer} of {networks} networks, shortened it in {shorter}.": (
        "{what}: 기억의 한계(단계 수), 중앙값 [최소, 최대]: {ways}. 훈련한 뒤 신경망 "
        "{networks}개 가운데 {longer}개에서 길어지고 {shorter}개에서 짧아졌습니다."
    ),
    "{what}: {length} words over {reviews:,} reviews of {where}; the note: {note}.": (
        "{what}: 리뷰 {reviews:,}개({where})에서 단어 수 {length}; 노트: {note}."
    ),
    "{what}: truncated back-propagation would cut of the gradient, by steps: {shares}.": (
        "{what}: 역전파를 중간에 자를 때 잃게 되는 기울기의 비율(단계 수별): {shares}."
    ),
    "recall, {cell}: of what another input changes, {share:.2f} is changed by the symbol, {gap} "
    "steps back (1 is perfect, {chance:.2f} is chance).": (
        "recall, {cell}: 다른 입력으로 바꿀 때의 변화 가운데 {gap}단계 전의 기호가 차지하는 몫: "
        "{share:.2f} (완벽하면 1, 우연 수준은 {chance:.2f})."
    ),
    ", {lost} of {networks} without one": ", 신경망 {networks}개 가운데 {lost}개는 한계가 없음",
}
