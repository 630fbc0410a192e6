"""Korean for `dure.results.summary`: how lanes ended, and the summary of a study."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # how many lanes ended how
    "no lanes": "레인 없음",
    "{number} finished": "완료 {number}개",
    "{number} stopped": "조기 종료 {number}개",
    "{number} diverged": "발산 {number}개",
    "{number} failed": "실패 {number}개",
    "{number} running": "훈련 중 {number}개",
    "{number} waiting": "대기 {number}개",
    # how a lane ended
    "finished": "완료",
    "stopped": "조기 종료",
    "diverged": "발산",
    "failed": "실패",
    "running": "훈련 중",
    "waiting": "대기",
    "stopped at epoch {epoch}": "에포크 {epoch}에서 조기 종료",
    "diverged at epoch {epoch}": "에포크 {epoch}에서 발산",
    "loss became NaN": "손실이 NaN이 됨",
    "loss became NaN at epoch {epoch}, step {step}: first in the loss itself": (
        "에포크 {epoch}, 스텝 {step}에서 손실이 NaN이 됨: 손실 자체에서 처음 나타남"
    ),
    "loss became NaN at epoch {epoch}, step {step}: first in layer {layer} (activation)": (
        "에포크 {epoch}, 스텝 {step}에서 손실이 NaN이 됨: 층 {layer}의 활성값에서 처음 나타남"
    ),
    "loss became NaN at epoch {epoch}, step {step}: first in layer {layer} (gradient)": (
        "에포크 {epoch}, 스텝 {step}에서 손실이 NaN이 됨: 층 {layer}의 기울기에서 처음 나타남"
    ),
    "loss became NaN at epoch {epoch}, step {step}: first in layer {layer} (weights)": (
        "에포크 {epoch}, 스텝 {step}에서 손실이 NaN이 됨: 층 {layer}의 가중치에서 처음 나타남"
    ),
    # the data
    "excerpt": "일부 발췌",
    # the summary
    "variant": "변형",
    "best epoch": "최적 에포크",
    "lanes": "레인 수",
    "{number} of {all}": "{all}개 중 {number}개",
    "at each lane's own best epoch, that of its lowest {metric}": (
        "각 레인의 최적 에포크({metric} 값이 가장 낮은 에포크)에서 잰 값"
    ),
    "at each lane's own best epoch, that of its highest {metric}": (
        "각 레인의 최적 에포크({metric} 값이 가장 높은 에포크)에서 잰 값"
    ),
    "mean [95 % interval over {over}] {where}": "{where}의 평균 [{over}에 걸친 95 % 구간]",
    "one lane a variant: how much of this is chance cannot be known; add seeds": (
        "변형마다 레인이 하나뿐이라 어디까지가 우연인지 알 수 없으니, 시드를 늘리십시오"
    ),
    "* lowest mean, which alone does not say that it is better": (
        "* 평균이 가장 낮음(이것만으로 더 좋다고 할 수는 없음)"
    ),
    "* highest mean, which alone does not say that it is better": (
        "* 평균이 가장 높음(이것만으로 더 좋다고 할 수는 없음)"
    ),
}
