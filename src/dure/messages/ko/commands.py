"""Korean for what commands, the report in text and notebooks say round what they show."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # dure.report.notebook
    "With {lanes} of {epochs} the whole report takes a while, so these are curves and means; for all of it: dure report {run}": "{lanes}, {epochs}의 보고서 전체를 만드는 데는 시간이 걸리므로 여기에는 곡선과 평균만 있습니다. 전체는 다음 명령으로 봅니다: dure report {run}",
    # dure.gallery.report_page
    "A row of the gallery": "갤러리의 한 항목",
    # dure.report.text
    "Strongest: {words}": "가장 강한 단어: {words}",
    "On a terminal: bold weighs positive, underlined negative.": "터미널에서는 굵은 글씨가 양의 가중치, 밑줄이 음의 가중치입니다.",
    # dure.report.text.charts
    "* Fewer lanes: the others had ended by then, or diverged.": "* 레인이 더 적습니다: 나머지는 그 전에 끝났거나 발산했습니다.",
    "{variant} at epoch {epoch}": "{variant}: {epoch} 에포크",
    "Validation loss turns: {turns}.": "검증 손실이 돌아서는 지점: {turns}.",
    "epoch {number}": "{number} 에포크",
    "From ▁ {low} to █ {high}, epochs {epochs}.": "▁ {low}, █ {high}, 에포크 {epochs}.",
    "● mean, ├─┤ its interval": "● 평균, ├─┤ 그 구간",
    "│ zero": "│ 0",
    "░ at most {rope}": "░ {rope} 이내",
    "Heights from ▁ {low} to █ {high}.": "높이는 ▁ {low}에서 █ {high}까지입니다.",
    "Across: {x}; in the table: {y}.": "가로: {x}, 표의 값: {y}.",
    "Pictures: in the page, `{command}`.": "그림은 페이지에서 볼 수 있습니다: `{command}`.",
    "{networks}, {seconds} s; {pictures} and run folders in {folder}": "{networks}, {seconds}초. {folder} 폴더에 {pictures:과} 실행 폴더가 있습니다.",
}
