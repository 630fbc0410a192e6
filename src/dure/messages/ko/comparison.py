"""Korean for `dure.analysis.comparison`: `pair`, `table`, `pairing` and `sequential`."""

from __future__ import annotations

_PAIR = {
    # what the numbers rest on
    "{number} of {pairs}, in which both trained": "{pairs} 중 둘 다 훈련된 {number}개",
    "{folds} of one seed": "시드 하나의 {folds}",
    "{p} after correction for {number} comparisons": "비교 {number}건에 대해 보정한 {p}",
    "{over}, {p}, by ranks, a lost network coming last": (
        "{over}, {p}, 탈락한 신경망을 꼴찌로 둔 순위 검정"
    ),
    "So far {first} minus {second} is {amount} in {metric} ({over}).": (
        "지금까지 {metric} 값의 차이({first} 빼기 {second})는 {amount}입니다 ({over})."
    ),
    # better, worse
    "{first} is {than} {second}: no seed trained in both ({p}, by ranks).": (
        "{first} 쪽이 {second} 쪽보다 {than}. 둘 다 훈련된 시드는 없습니다 ({p}, 순위 검정)."
    ),
    "{first} is {than} {second}: {metric} is {by} {amount} on average ({basis}).": (
        "{first} 쪽이 {second} 쪽보다 {than}. {metric} 값이 평균 {amount}만큼 {by} ({basis})."
    ),
    "{first} is {than} {second}, for the networks that {loser} lost, although {metric} is {by} "
    "{amount} where both trained ({basis}).": (
        "{first} 쪽이 {second} 쪽보다 {than}. {loser} 쪽에서 신경망이 탈락했기 때문이며, 둘 다 "
        "훈련된 경우에는 오히려 {metric} 값이 {amount}만큼 {by} ({basis})."
    ),
    "better than": "좋습니다",
    "worse than": "나쁩니다",
    "higher by": "높습니다",
    "lower by": "낮습니다",
    "A new run of {one} would beat a new run of {two} with a probability of {share}.": (
        "각각 새로 훈련했을 때 {one} 쪽이 {two} 쪽보다 좋을 확률은 {share}입니다."
    ),
    "Whether by more than {rope}, the difference that matters, is open.": (
        "의미 있는 차이로 정한 {rope}보다 큰 차이인지는 아직 알 수 없습니다."
    ),
    "On other rows of the same kind it may be otherwise: folds differ too much.": (
        "같은 종류의 다른 행에서는 다를 수 있습니다. 폴드 사이의 차이가 너무 큽니다."
    ),
    "{networks} of {name}": "{name}의 {networks}",
    "Lost, by diverging or failing: {networks}; this counts against them.": (
        "발산하거나 실패하여 탈락: {networks}. 탈락은 그 변형에 불리하게 계산됩니다."
    ),
    # equivalent
    "{first} and {second} are practically the same: {metric} differs by {amount} ({over}), within "
    "the ±{rope} that make no difference.": (
        "{first} 쪽과 {second} 쪽은 사실상 같습니다. {metric} 값의 차이는 {amount}이며({over}), "
        "차이로 치지 않기로 한 ±{rope} 안에 있습니다."
    ),
    "There probably is a difference, but too small a one to matter.": (
        "차이가 있기는 한 것 같지만, 문제 삼기에는 너무 작습니다."
    ),
    # undecided
    "{first} and {second} have exactly the same {metric} with every {unit} ({number}): perhaps what "
    "differs between them has no effect.": (
        "{first} 쪽과 {second} 쪽은 {unit} {number}개 모두에서 {metric} 값이 똑같습니다. 둘 사이에 "
        "달리 설정한 것이 아무 효과도 내지 않는지도 모릅니다."
    ),
    "{first} or {second}: cannot tell yet.": (
        "{first} 대 {second}: 어느 쪽이 좋은지 아직 알 수 없습니다."
    ),
    "The interval leaves out 0, but the test does not agree ({p}).": (
        "구간은 0을 포함하지 않지만, 검정은 이를 뒷받침하지 않습니다 ({p})."
    ),
    "More seeds would tell what is chance in training; folds alone cannot.": (
        "훈련에서 어디까지가 우연인지는 시드를 늘려야 알 수 있습니다. 폴드만으로는 알 수 없습니다."
    ),
    "About 1 more seed would settle it, if the difference is what it seems.": (
        "지금 보이는 차이가 실제 차이라면, 시드 1개쯤을 더하면 결론이 날 것입니다."
    ),
    "About {number} more seeds would settle it, if the difference is what it seems.": (
        "지금 보이는 차이가 실제 차이라면, 시드 약 {number}개를 더하면 결론이 날 것입니다."
    ),
    "More than 1,000 more seeds would be needed: if there is a difference, it is small beside "
    "chance.": (
        "결론을 내려면 시드를 1,000개 넘게 더해야 합니다. 차이가 있더라도 우연에 비해 작습니다."
    ),
    "A difference of {amount} or more would probably have been seen.": (
        "{amount} 이상의 차이가 있었다면 아마 드러났을 것입니다."
    ),
    "Say how small a difference does not matter (rope) to have it tested.": (
        "얼마나 작은 차이까지 무시할지(rope) 정하면, 둘이 사실상 같은지도 검정합니다."
    ),
    # too few
    "{first} or {second}: one seed, and folds that lost a network or are too few, cannot be "
    "tested: add seeds.": (
        "{first} 대 {second}: 시드가 하나이고, 폴드에서 신경망이 탈락했거나 폴드가 너무 적어 검정할 "
        "수 없습니다. 시드를 늘리십시오."
    ),
    "{first} or {second}: too few seeds; one run of each says nothing about chance.": (
        "{first} 대 {second}: 시드가 너무 적습니다. 각각 한 번씩만 훈련해서는 우연의 크기를 전혀 알 "
        "수 없습니다."
    ),
    "{first} or {second}: too few seeds; whatever they showed, no test on {seeds} can reach "
    "{level}{family}.": (
        "{first} 대 {second}: 시드가 너무 적습니다. {family}결과가 어떻든 {seeds}로는 어떤 검정도 "
        "{level} 수준에 이를 수 없습니다."
    ),
    " with {number} comparisons": "비교가 {number}건이면, ",
    "At least {number} are needed.": "적어도 {number}개가 필요합니다.",
}

_ALL = {
    # verdicts, in tables
    "undecided": "판단 보류",
    "too few": "표본 부족",
    "better": "더 좋음",
    "worse": "더 나쁨",
    "equivalent": "사실상 같음",
    # headlines
    "Too few seeds: whatever they showed, no test on {seeds} can reach {level} with {number} "
    "comparisons.": (
        "시드가 너무 적습니다. 비교가 {number}건이면, 결과가 어떻든 {seeds}로는 어떤 검정도 "
        "{level} 수준에 이를 수 없습니다."
    ),
    "At least {number} are needed, or {fewer} if every variant is compared with a baseline only.": (
        "적어도 {number}개가 필요하고, 모든 변형을 기준 변형 하나와만 비교한다면 {fewer}개가 "
        "필요합니다."
    ),
    "So far {leader} is ahead.": "지금까지는 {leader} 쪽이 앞서 있습니다.",
    "{leader} is ahead, but not shown to be better than any of the {number} others.": (
        "{leader} 쪽이 앞서 있지만, 나머지 {number}개 가운데 어느 것보다도 낫다고는 밝혀지지 "
        "않았습니다."
    ),
    "{leader} is better than all {number} others.": (
        "{leader} 쪽이 나머지 {number}개 모두보다 좋습니다."
    ),
    "{leader} is ahead: better than {beaten}; not shown to be better than the other {number}.": (
        "{leader} 쪽이 앞서 있습니다. {beaten}보다는 좋지만, 나머지 {number}개보다 좋다고는 "
        "밝혀지지 않았습니다."
    ),
    "None of {number} variants is shown to be better or worse than {baseline}.": (
        "변형 {number}개 가운데 {baseline}보다 좋거나 나쁘다고 밝혀진 것은 없습니다."
    ),
    "of {number} nothing can be told yet": "아직 알 수 없음: {number}개",
    "{names} {plural} better than {baseline}": "{baseline}보다 좋음: {names}",
    "{names} {plural} worse than {baseline}": "{baseline}보다 나쁨: {names}",
    "{names} {plural} practically the same as {baseline}": "{baseline:과} 사실상 같음: {names}",
    # the table
    "first - second": "앞 - 뒤",
    "difference [{level}]": "차이 [{level}]",
    "first wins": "앞쪽 승률",
    "seeds": "시드",
    "folds": "폴드",
    "lost": "탈락",
    "verdict": "판정",
    # its notes
    "{metric}, {higher} is better.": "{metric}: {higher} 좋습니다.",
    "higher": "높을수록",
    "lower": "낮을수록",
    "Difference: mean of first minus second, {pair} by {pair}, with its {level} interval.": (
        "차이: {pair}마다 앞에서 뒤를 뺀 값의 평균과 그 {level} 구간입니다."
    ),
    "It speaks of training again with other seeds on these rows, not of other rows.": (
        "이 구간은 같은 행으로 시드만 바꾸어 다시 훈련하는 경우에 대한 것이며, 다른 행에 대한 것이 "
        "아닙니다."
    ),
    "For other rows of the same kind, over folds that share rows: {differences}.": (
        "같은 종류의 다른 행에 대한 구간(행을 공유하는 폴드로 구함): {differences}."
    ),
    "{first} minus {second} {amount}": "{first} 빼기 {second} {amount}",
    "sign-flip": "부호 뒤집기 검정",
    "sign-flip of ranks": "순위의 부호 뒤집기 검정",
    "corrected resampled t": "보정된 재표집 t 검정",
    "not tested": "검정하지 않음",
    "p ({tests}): chance of at least so clear a difference if the two were the same.": (
        "p ({tests}): 둘이 같다고 할 때 적어도 이만큼 뚜렷한 차이가 나올 확률입니다."
    ),
    "p ({tests}): chance of at least so clear a difference if the two were the same, corrected "
    "for {number} comparisons.": (
        "p ({tests}): 둘이 같다고 할 때 적어도 이만큼 뚜렷한 차이가 나올 확률이며, 비교 "
        "{number}건에 대해 보정했습니다."
    ),
    "better, worse: p is at most {alpha} and the interval leaves out 0.": (
        "더 좋음, 더 나쁨: p 값이 {alpha} 이하이고 구간이 0을 포함하지 않습니다."
    ),
    "first wins: probability that a new run of first beats a new run of second.": (
        "앞쪽 승률: 각각 새로 훈련했을 때 앞의 변형이 뒤의 변형보다 좋을 확률입니다."
    ),
    "lost: networks that diverged or failed, of first and of second. In the test they are worse "
    "than any number; the difference is of seeds in which both trained.": (
        "탈락: 발산하거나 실패한 신경망의 수(앞, 뒤)입니다. 검정에서는 어떤 값보다도 나쁜 것으로 "
        "치며, 차이는 둘 다 훈련된 시드로만 구합니다."
    ),
}

_NOTES = {
    "{name} is not finished: {number} of {lanes} not done. A seed counts once all its folds are; "
    "what is said may change.": (
        "{name}: 훈련이 아직 끝나지 않아 {lanes} 중 {number}개가 남았습니다. 시드는 모든 폴드가 "
        "끝나야 계산에 들어가므로, 여기 적힌 내용은 바뀔 수 있습니다."
    ),
    "Each network is judged at its best epoch, chosen on these same validation rows: a little "
    "flattering, more so for curves that jump about. Test metrics are free of that.": (
        "각 신경망은 최적 에포크에서 평가하는데, 그 에포크를 바로 이 검증 행으로 골랐으므로 결과가 "
        "조금 좋게 나옵니다. 들쭉날쭉한 곡선일수록 더 그렇습니다. 테스트 지표에는 이런 영향이 "
        "없습니다."
    ),
    "Keras counts L1 and L2 penalties into the loss: {metric} of {names} holds them, that of the "
    "others does not. Compare another metric, too.": (
        "Keras는 L1, L2 페널티를 손실에 더합니다. {names}의 {metric} 값에는 페널티가 들어 있고 "
        "나머지에는 없습니다. 다른 지표로도 비교하십시오."
    ),
    "{names} were trained on different data: a difference may come from the data, not from the "
    "variants.": (
        "두 실행({names})은 서로 다른 데이터로 훈련했습니다. 차이는 변형이 아니라 데이터에서 왔을 수 "
        "있습니다."
    ),
    "{names} have different training and validation rows: a difference may come from the rows, "
    "not from the variants.": (
        "두 실행({names})은 훈련 행과 검증 행이 서로 다릅니다. 차이는 변형이 아니라 행에서 왔을 수 "
        "있습니다."
    ),
    "{names} differ in epochs: {first} and {second}.": (
        "두 실행({names})은 에포크 수가 다릅니다: {first}, {second}."
    ),
    "{names} differ in batch size: {first} and {second}.": (
        "두 실행({names})은 배치 크기가 다릅니다: {first}, {second}."
    ),
    "Only the {seeds} that both runs have are compared.": (
        "두 실행에 모두 있는 {seeds}만 비교합니다."
    ),
}

_SEQUENTIAL = {
    "No look has been made yet.": "아직 중간 점검을 하지 않았습니다.",
    "Decided after {seeds}: every variant against {baseline}.": (
        "{seeds}로 결론이 났습니다. 모든 변형을 {baseline:과} 비교해 판정했습니다."
    ),
    "Decided after {seeds}: {leader} is best.": (
        "{seeds}로 결론이 났습니다. {leader} 쪽이 가장 좋습니다."
    ),
    "Decided after {seeds}: {leader} is best, with {names} as good.": (
        "{seeds}로 결론이 났습니다. {leader} 쪽이 가장 좋고, {names} 쪽도 그만큼 좋습니다."
    ),
    "Cannot tell after {seeds}: even {limit} would hardly decide it.": (
        "{seeds}로는 알 수 없습니다. {limit}개까지 늘려도 결론이 나기 어렵습니다."
    ),
    "Cannot tell after {seeds}.": "{seeds}로는 알 수 없습니다.",
    "Not decided after {seeds}; more are to be added.": (
        "{seeds}로는 아직 결론이 나지 않아, 시드를 더 추가할 예정입니다."
    ),
    "{metric} differs by {amount}, p {p}": "{metric} 차이 {amount}, p {p}",
    "{metric} differs by {amount}, p {p}, runs lost {first_lost} and {second_lost}": (
        "{metric} 차이 {amount}, p {p}, 탈락 {first_lost}개와 {second_lost}개"
    ),
    "below 0.0001": "0.0001 미만",
    "{first} against {second}: cannot tell ({known})": "{first} 대 {second}: 알 수 없음 ({known})",
    "{first} against {second}: cannot tell ({known}; the difference is at most {bound})": (
        "{first} 대 {second}: 알 수 없음 ({known}; 차이는 최대 {bound})"
    ),
    "{first} is better than {second} ({known}; after {seeds})": (
        "{first} 쪽이 {second} 쪽보다 좋음 ({known}; {seeds}에서 판정)"
    ),
    "{first} is worse than {second} ({known}; after {seeds})": (
        "{first} 쪽이 {second} 쪽보다 나쁨 ({known}; {seeds}에서 판정)"
    ),
    "{first} is as good as {second} ({known}; after {seeds})": (
        "{first} 쪽이 {second} 쪽만큼 좋음 ({known}; {seeds}에서 판정)"
    ),
    "Seeds were added until decided (looks after {looks}): these p values and intervals are those "
    "of the sequential rule (5 % false alarms over all pairs and looks). A test for a fixed number "
    "of seeds is wrong here: its p is too small.": (
        "결론이 날 때까지 시드를 추가했습니다(점검한 시드 수: {looks}). 여기의 p 값과 구간은 순차 "
        "규칙에 따른 것입니다(모든 쌍과 점검을 통틀어 거짓 경보 5 %). 시드 수를 미리 정해 두는 "
        "검정은 p 값이 너무 작게 나오므로 여기서 쓰면 안 됩니다."
    ),
    "its seeds were added until decided (looks after {looks}), so the p values above, of tests for "
    "a fixed number of seeds, are too small and the intervals too narrow. The sequential rule "
    "says: {ending} Its p values and intervals, which count: result.sequential.": (
        "결론이 날 때까지 시드를 추가했으므로(점검한 시드 수: {looks}), 시드 수를 미리 정해 두는 "
        "검정으로 구한 위의 p 값은 너무 작고 구간은 너무 좁습니다. 순차 규칙의 결론은 이렇습니다. "
        "{ending} 믿을 p 값과 구간은 result.sequential에 있습니다."
    ),
}

TEXTS: dict[str, str] = {**_PAIR, **_ALL, **_NOTES, **_SEQUENTIAL}
