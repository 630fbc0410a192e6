"""Korean for `dure.report.html.words`: what stands on the page's controls and charts."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "Skip to the report": "보고서 본문으로 건너뛰기",
    "Contents": "목차",
    "Metric": "지표",
    "Show": "표시",
    "training": "훈련",
    "training curves": "훈련 곡선",
    "single lanes": "개별 레인",
    "whole range": "전체 범위",
    "Variants": "변형",
    "variant": "변형",
    "all": "전체",
    "none": "해제",
    "lanes": "레인 수",
    "epoch": "에포크",
    "epoch {number}": "{number} 에포크",
    "mean and 95 % interval": "평균과 95 % 구간",
    "mean of training": "훈련의 평균",
    "single lane": "레인 하나",
    "validation loss turns": "검증 손실이 다시 오르기 시작하는 곳",
    "The numbers as a table": "수치를 표로 보기",
    "The ribbon is within {rope} of no difference.": "띠는 차이 없음에서 {rope} 이내인 범위입니다.",
    "Copy": "복사",
    "Copied": "복사됨",
    "name": "이름",
    "word": "단어",
    "weight": "가중치",
    "Validation {metric} · lower is better": "검증 {metric} · 낮을수록 좋음",
    "Validation {metric} · higher is better": "검증 {metric} · 높을수록 좋음",
    "Training {metric} · lower is better": "훈련 {metric} · 낮을수록 좋음",
    "Training {metric} · higher is better": "훈련 {metric} · 높을수록 좋음",
    "{what}: {metric} by epoch. The numbers are in the table below.": (
        "{what}: 에포크에 따른 {metric}. 수치는 아래 표에 있습니다."
    ),
    "{what}. The numbers are in the table below.": "{what}. 수치는 아래 표에 있습니다.",
    "{drawn} of {lanes} single lanes drawn": "개별 레인 {lanes}개 중 {drawn}개 표시",
    "Made from {folder}": "원본: {folder}",
}
