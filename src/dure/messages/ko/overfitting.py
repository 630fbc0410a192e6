"""Korean for `dure.analysis.overfitting.model`."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "validation loss": "검증 손실",
    "validation {metric}": "검증 {metric}",
    "cannot tell: no lane came to its end with {fewest} validated epochs ({number} of {all} "
    "lanes).": (
        "판단할 수 없습니다. 검증한 에포크가 {fewest}개 이상이면서 끝까지 간 레인이 없습니다 "
        "(레인 {all}개 중 {number}개)."
    ),
    "{what} rises from the first epoch on ({lanes}) and is up {up} at the end (epoch {end}); train "
    "1 epoch, or change the network.": (
        "{what:이} 첫 에포크부터 올라가서({lanes}), 끝(에포크 {end})에는 가장 낮을 때보다 {up} "
        "높습니다. 1 에포크만 훈련하거나 신경망을 바꾸십시오."
    ),
    "{what} turns at epoch {epoch} ({lanes}) and is up {up} at the end (epoch {end}); train "
    "{epochs}.": (
        "{what:이} 에포크 {epoch}에서 최저점을 지나 다시 오르며({lanes}), 끝(에포크 {end})에는 "
        "최저점보다 {up} 높습니다. {epochs}만 훈련하십시오."
    ),
    "{what} still falls at the end, by {fell} over the last {quarter} of {end} ({lanes}); train "
    "longer{forecast}.": (
        "{what:이} 끝에서도 아직 내려가고 있습니다. 전체 {end} 에포크 중 마지막 {quarter} 동안 "
        "{fell} 내려갔습니다 ({lanes}). 더 오래 훈련하십시오.{forecast}"
    ),
    ": if it goes on so, {quarter} bring less than {tolerance} % after about {more} more": (
        " 이대로 가면 약 {more} 에포크 뒤부터 {quarter} 동안 내려가는 폭이 {tolerance} %보다 "
        "작아집니다."
    ),
    "{what} neither turns nor falls on by more than {tolerance} % ({lanes}); from epoch {epoch} on "
    "it stays at its lowest, more epochs change nothing.": (
        "{what:은} {tolerance} % 넘게 다시 오르지도, 더 내려가지도 않습니다 ({lanes}). 에포크 "
        "{epoch}부터 최저 수준에 머무르므로, 에포크를 늘려도 달라지지 않습니다."
    ),
    "cannot tell: {what} is lowest at the end (epoch {end}), and whether it still falls is open: "
    "over the last quarter of the epochs it changes by {change} ({lanes}); more seeds, or more "
    "epochs, would tell.": (
        "판단할 수 없습니다. {what:은} 끝(에포크 {end})에서 가장 낮고, 아직 내려가는 중인지는 알 수 "
        "없습니다. 에포크의 마지막 사분의 일 동안의 변화는 {change}입니다 ({lanes}). 시드나 에포크를 "
        "늘리면 알 수 있습니다."
    ),
    "cannot tell: from its lowest to the end (epoch {end}) {what} changes by {change} ({lanes}); "
    "more seeds would narrow this.": (
        "판단할 수 없습니다. 최저점에서 끝(에포크 {end})까지 {what}의 변화는 {change}입니다 "
        "({lanes}). 시드를 늘리면 이 구간이 좁아집니다."
    ),
    "Gap to training: {end} at the end.": "훈련과의 격차: 끝에서 {end}.",
    "Gap to training: {turn} at the turn, {end} at the end.": (
        "훈련과의 격차: 최저점에서 {turn}, 끝에서 {end}."
    ),
    "1 lane: no interval": "레인 1개라서 구간 없음",
    "{lanes}, {number} did not come to their end": "{lanes}, 끝까지 가지 못한 레인 {number}개",
    "[...]: {level} % interval over lanes. Gap: validation minus training, the latter as the mean "
    "of this epoch's and the next one's, since Keras averages it while the weights move; with "
    "dropout it is still too high, the gap too small.": (
        "[...]: 레인들에 걸친 {level} % 구간입니다. 격차: 검증 값에서 훈련 값을 뺀 것입니다. Keras는 "
        "가중치가 움직이는 동안의 훈련 값을 평균하므로, 훈련 값으로는 이번 에포크와 다음 에포크의 "
        "평균을 씁니다. 드롭아웃이 있으면 훈련 값이 그래도 너무 높아서, 격차가 너무 작게 나옵니다."
    ),
    "One lane has no interval: how much of this is chance cannot be known.": (
        "레인이 하나뿐이면 구간을 구할 수 없어, 어디까지가 우연인지 알 수 없습니다."
    ),
}
