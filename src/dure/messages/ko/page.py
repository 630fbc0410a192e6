"""Korean for the sections of the report: curves, comparison, overfitting, findings, study."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # dure.report.document
    "Curves": "학습 곡선",
    "Comparison": "비교",
    "Overfitting": "과대적합",
    "Findings": "소견",
    "The study": "연구 내용",
    "Training is not over: {done} of {lanes} done, {ran} of {epochs}; all below is of what "
    "there is so far.": (
        "훈련이 아직 끝나지 않았습니다: {lanes} 중 {done}개 완료, {epochs} 중 {ran}. 아래 내용은 모두 지금까지의 결과입니다."
    ),
    "Diverged: {lanes} of {of}.": "발산: 전체 {of}개 중 {lanes}.",
    "Failed: {lanes} of {of}.": "실패: 전체 {of}개 중 {lanes}.",
    "Made by Dure {version}.": "Dure {version}에서 만들었습니다.",
    # dure.report.facts
    "There is one variant only, and nothing to compare it with: give the study variants, or "
    "compare it with a second run.": "변형이 하나뿐이라 비교할 대상이 없습니다. 연구에 변형을 더 넣거나 다른 실행과 비교하십시오.",
    "No lane has come to its end, so there is nothing to compare yet.": "끝난 레인이 없어 아직 비교할 것이 없습니다.",
    "No lane has come to its end, so where it overfits cannot be told yet.": (
        "끝난 레인이 없어 어디서 과대적합하는지 아직 알 수 없습니다."
    ),
    "This run held no rows for validation, so overfitting cannot be seen: give the study "
    "validation_split=0.2, folds=5 or validation_data.": (
        "이 실행에는 검증용 행이 없어 과대적합을 볼 수 없습니다. 연구에 validation_split=0.2, folds=5 또는 "
        "validation_data를 주십시오."
    ),
    # dure.report.verdict
    "No lane has come to its end yet, so nothing can be said of how good they are.": (
        "끝난 레인이 아직 없어 얼마나 좋은지 말할 수 없습니다."
    ),
    "Every lane diverged or failed, so nothing can be said of how good they are.": (
        "모든 레인이 발산하거나 실패하여 얼마나 좋은지 말할 수 없습니다."
    ),
    "Too few seeds to tell which variant is better: for {pairs} at least {number} are "
    "needed. So far {leader} is ahead.": (
        "어느 변형이 나은지 말하기에는 시드가 너무 적습니다. {pairs}에는 적어도 {number}개가 필요합니다. 지금까지는 {leader} 쪽이 앞서 "
        "있습니다."
    ),
    "Too few networks to tell which variant is better; so far {leader} is ahead.": (
        "어느 변형이 나은지 말하기에는 신경망이 너무 적습니다. 지금까지는 {leader} 쪽이 앞서 있습니다."
    ),
    "Better than {baseline}: {names}.": "{baseline}보다 나은 변형: {names}.",
    "Worse than {baseline}: {names}.": "{baseline}보다 못한 변형: {names}.",
    "Practically the same as {baseline}: {names}.": "{baseline} 쪽과 사실상 같은 변형: {names}.",
    "Not settled against {baseline}: {names}.": "{baseline} 쪽과 우열이 아직 가려지지 않은 변형: {names}.",
    "{leader} is better than all others: {names}.": "{leader} 쪽이 다른 모든 변형({names})보다 낫습니다.",
    "{leader} is better than {names}.": "{leader} 쪽이 {names}보다 낫습니다.",
    "{leader} is ahead of {names}, but not shown to be better.": (
        "{leader} 쪽이 {names}보다 앞서 있지만, 더 낫다고 밝혀지지는 않았습니다."
    ),
    "{leader} is practically the same as {names}.": "{leader} 쪽은 다음 변형과 사실상 같습니다: {names}.",
    "{names} and {more} more": "{names} 외 {more}개",
    "{variant}: {metric} {value} ({basis}, at its best epoch).": (
        "{variant}: {metric} {value}({basis}, 최적 에포크에서)."
    ),
    "{variant}: {metric} {value} ({basis}, each at its own best epoch).": (
        "{variant}: {metric} {value}({basis}, 각자의 최적 에포크에서)."
    ),
    "one network": "신경망 1개",
    "mean of {number} out of {lanes}": "{lanes} 중 {number}개의 평균",
    "mean over {number}": "{number}의 평균",
    "mean over {number} of one seed": "시드 1개, {number}의 평균",
    "mean over {seeds} and {folds}": "{seeds}, {folds}의 평균",
    "{metric} is of the training rows: how good the networks are on new rows it cannot tell.": (
        "{metric} 값은 훈련용 행에서 잰 것이라, 신경망이 새로운 행에서 얼마나 좋은지는 알려 주지 못합니다."
    ),
    "One network a variant is no evidence that one variant is better than another: with "
    "another seed it may be the other way round.": (
        "변형마다 신경망이 하나뿐이면 어느 변형이 더 낫다는 증거가 되지 못합니다. 시드가 바뀌면 결과가 뒤집힐 수 있습니다."
    ),
    "One network is no evidence yet: another seed may come out otherwise.": (
        "신경망 하나는 아직 증거가 되지 못합니다. 시드가 바뀌면 결과도 달라질 수 있습니다."
    ),
    "What ails it: {sentence}": "문제점: {sentence}",
    "The worst of {findings}: {sentence}": "{findings} 중 가장 심각한 것: {sentence}",
    "Apart from overfitting nothing was found to ail the networks.": (
        "과대적합 말고는 신경망에서 문제가 발견되지 않았습니다."
    ),
    "Nothing was found to ail the networks.": "신경망에서 문제가 발견되지 않았습니다.",
    "To look for a cure: {command}": "처방을 찾으려면: {command}",
    "Train more seeds to know what is chance: {command}": "무엇이 우연인지 알려면 시드를 더 훈련하십시오: {command}",
    "With {number} seeds the variants can be told apart, if they differ clearly: {command}": (
        "시드가 {number}개면, 차이가 뚜렷할 때 변형의 우열을 가릴 수 있습니다: {command}"
    ),
    "To settle {first} against {second}, about {number} seeds in all: {command}": (
        "{first} 대 {second}의 우열을 가리려면 시드가 모두 {number}개쯤 필요합니다: {command}"
    ),
    # dure.report.sections.curves
    "No lane has ended an epoch yet, so there are no curves.": "에포크를 하나라도 마친 레인이 아직 없어 곡선이 없습니다.",
    "Each network at its own best epoch": "각 신경망의 최적 에포크에서 잰 값",
    "Lanes that diverged or failed: {number}": "발산하거나 실패한 레인: {number}",
    "Lanes lost": "탈락한 레인",
    "seed": "시드",
    "fold": "폴드",
    "how it ended": "종료 상태",
    "And {more} more.": "그 밖에 {more}개가 더 있습니다.",
    "{metrics} along the epochs, of {variants}: means with 95 % intervals": (
        "{variants}의 에포크별 {metrics}: 평균과 95 % 구간"
    ),
    "Lines are means over lanes, bands their 95 % interval at each epoch.": (
        "선은 레인의 평균이고, 띠는 에포크마다 그 평균의 95 % 구간입니다."
    ),
    "One network a variant: how far chance moved these curves cannot be seen.": (
        "변형마다 신경망이 하나뿐이라, 우연이 이 곡선을 얼마나 움직였는지 볼 수 없습니다."
    ),
    "{drawn} of {lanes} lanes of each variant are drawn by themselves, one in {step} in lane "
    "order, whatever came of them.": (
        "변형마다 레인 {lanes}개 중 {drawn}개를 따로 그렸습니다. 결과와 상관없이 레인 순서대로 {step}개마다 하나씩 골랐습니다."
    ),
    "There are too many variants to draw lanes by themselves.": "변형이 너무 많아 레인을 따로 그리지 않았습니다.",
    "Of lanes by themselves the lowest and highest value of every {size} epochs are drawn.": (
        "따로 그린 레인에서는 {size} 에포크마다 가장 낮은 값과 가장 높은 값을 그렸습니다."
    ),
    "Means are given at {shown} of {length} epochs, evenly spaced.": (
        "평균은 {length} 에포크 중 고른 간격의 {shown} 에포크에서 구했습니다."
    ),
    "Lanes that diverged or failed are left out of the means: {lost}.": (
        "발산하거나 실패한 레인은 평균에서 뺐습니다: {lost}."
    ),
    "{number} of {name}": "{name} {number}개",
    "Where lanes have stopped, the mean is of those that train on, and it ends where fewer "
    "than half of them do.": (
        "멈춘 레인이 있으면 그 뒤의 평균은 계속 훈련하는 레인의 평균이며, 남은 레인이 절반보다 적어지는 곳에서 끝납니다."
    ),
    # dure.report.sections.comparison
    "The same pair by pair, in words": "쌍마다 글로 보기",
    "The other {pairs}": "나머지 {pairs}",
    "Pairs of variants": "변형의 쌍",
    "As if the number of seeds had been fixed: these p values are too small": (
        "시드 수를 미리 정해 둔 것처럼 비교하면(이 p 값은 너무 작게 나옵니다)"
    ),
    "Differences between variants in {metric}, with intervals": "변형 사이의 {metric} 차이와 구간",
    "{metric}, first minus second (higher is better)": "{metric}, 앞에서 뒤를 뺀 값(높을수록 좋음)",
    "{metric}, first minus second (lower is better)": "{metric}, 앞에서 뒤를 뺀 값(낮을수록 좋음)",
    "{metric} (higher is better)": "{metric}(높을수록 좋음)",
    "{metric} (lower is better)": "{metric}(낮을수록 좋음)",
    "{metric} of each variant, one network each": "변형별 {metric}, 신경망 하나씩",
    "Mean {metric} of each variant, with its 95 % interval": "변형별 {metric} 평균과 95 % 구간",
    # dure.report.sections.overfitting
    "Each variant in words": "변형마다 글로 보기",
    "Where the validation loss turns": "검증 손실이 최저점을 지나 다시 오르는 곳",
    "What each variant gives away of its validation loss": "더 훈련해서 나빠진 검증 손실, 변형별",
    "validation loss at the end minus at its lowest": "끝의 검증 손실에서 최저점의 검증 손실을 뺀 값",
    "finding": "소견",
    "turns at epoch": "최저점 에포크",
    "given away by the end": "더 훈련해서 나빠진 폭",
    "epochs to train": "훈련할 에포크",
    "overfits": "과대적합",
    "still falling": "아직 떨어지는 중",
    "converged": "수렴",
    "cannot tell": "알 수 없음",
    # dure.report.sections.findings
    "{findings} more": "{findings} 더 보기",
    "Left out, and not looked for": "뺀 소견과 찾아보지 못한 것",
    "Gradients by layer, late in training": "훈련 후반의 층별 기울기",
    "Norm of the gradient in each layer, by variant": "변형별로 본 각 층의 기울기 노름",
    "Dead units by layer, late in training": "훈련 후반의 층별 죽은 유닛",
    "Share of dead units in each layer, by variant": "변형별로 본 각 층의 죽은 유닛 비율",
    "layer, from input to output": "층(입력에서 출력 쪽으로)",
    "norm of the gradient": "기울기의 노름",
    "share of the units": "유닛 가운데 비율",
    "Means over lanes with their 95 % interval, from the second half of each lane's epochs; "
    "lanes that diverged or failed are left out.": (
        "각 레인의 후반 에포크에서 구한 레인 평균과 95 % 구간입니다. 발산하거나 실패한 레인은 뺐습니다."
    ),
    # dure.report.sections.study
    "seeds": "시드",
    "folds": "폴드",
    "time spent training": "훈련에 든 시간",
    "{time}, added up over lanes": "{time}(레인 전체를 더한 시간)",
    "started": "시작한 때",
    "versions": "버전",
    "run folder": "실행 폴더",
    "data": "데이터",
    "{source} (an excerpt)": "{source}(일부)",
    "rows": "행",
    "{train} to train on, {validation} for validation, {test} for the test": (
        "훈련용 {train}개, 검증용 {validation}개, 테스트용 {test}개"
    ),
    "inputs": "입력",
    "{name}: {shape} a row, {dtype}": "{name}: 행마다 {shape}, {dtype}",
    "{name}: {shape} a row, {dtype}, from {low} to {high}, mean {mean}, deviation {std}": (
        "{name}: 행마다 {shape}, {dtype}, {low}부터 {high}까지, 평균 {mean}, 표준편차 {std}"
    ),
    "targets": "타깃",
    "{classes}, {least} to {most} training rows each": "{classes}, 클래스마다 훈련용 행 {least}~{most}개",
    "{classes}, {number} training rows each": "{classes}, 클래스마다 훈련용 행 {number}개",
    "classes": "클래스",
    "{numbers} a row, from {low} to {high}, mean {mean}, deviation {std}": (
        "행마다 {numbers}, {low}부터 {high}까지, 평균 {mean}, 표준편차 {std}"
    ),
    "several arrays": "배열 여러 개",
    "always the same answer": "늘 같은 답만 할 때",
    "accuracy {share}": "정확도 {share}",
    "Arguments of training": "훈련 인수",
    "The plan, as it was at the first start": "처음 시작할 때의 계획",
    "work": "작업",
    "{lanes} of up to {epochs} in {programs}": "{programs}에 {lanes}, 레인마다 최대 {epochs}",
    "at once": "동시에",
    "predicted memory": "예상 메모리",
    "{memory} of {free} free, {data} of it for the data": "{memory}(빈 메모리 {free}), 그중 데이터 {data}",
    "Programs": "프로그램",
    "program": "프로그램",
    "variants": "변형",
    "parameters": "매개변수",
    "steps an epoch": "에포크당 스텝",
    "lanes in a call": "한 번에 부르는 레인",
    "route": "학습 경로",
    "compiled": "컴파일",
    "stepped": "스텝 단위",
    "fitted": "Keras의 fit",
    "Stepped: one compiled step a batch, called from the host.": (
        "스텝 단위: 컴파일된 스텝을 배치마다 한 번씩 호스트에서 부릅니다."
    ),
    "Fitted: Keras' own fit with its own steps, in a process of its own.": (
        "Keras의 fit: Keras의 fit이 자체 스텝으로 별도의 프로세스에서 학습합니다."
    ),
    "memory": "메모리",
    "Run it again:": "다시 실행하려면:",
    "It was started from Python. To go on with it, or to add seeds:": (
        "Python에서 시작한 실행입니다. 이어서 하거나 시드를 더하려면:"
    ),
    "The command it was started with": "시작할 때의 명령",
    # dure.report.sections.networks
    "Networks": "신경망",
    "variant": "변형",
    "arguments of build": "build의 인수",
    "optimizer": "옵티마이저",
    "learning rate": "학습률",
    "loss": "손실",
    "Layers": "층",
    "Layers of all variants": "모든 변형의 층",
    "Layers of {names}": "{names}의 층",
    "Layers, in the order of calls": "층(부르는 순서대로)",
    "layer": "층",
    "class": "클래스",
    "activation": "활성화 함수",
    "output shape": "출력 모양",
    # dure.report.two_studies
    "They were trained on different data, so a difference may come from the data.": (
        "서로 다른 데이터로 훈련했으므로, 차이가 데이터에서 왔을 수 있습니다."
    ),
    "{run}: no lane has come to its end yet.": "{run}: 끝난 레인이 아직 없습니다.",
    "The runs have no metric in common whose curves could be drawn together.": (
        "두 실행에 함께 그릴 수 있는 공통 지표가 없습니다."
    ),
    "Compared by {metric}, since {loss} of {names} holds an L1 or L2 penalty and that of the others does not.": "{metric} 값으로 비교했습니다. {names}의 {loss} 값에는 L1 또는 L2 페널티가 들어 있고 나머지에는 없기 때문입니다.",
}
