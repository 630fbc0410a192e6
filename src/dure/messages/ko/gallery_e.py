"""Korean for `dure.gallery`, rows E1 to E12."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # E1
    "at each one's best epoch": "저마다 가장 좋은 에포크에서",
    "{variant}: validation cross-entropy is {best} at each one's best epoch, {gap} above that of "
    "the {rows} training rows, and {last} after the last epoch.": (
        "{variant}: 검증 교차 엔트로피는 저마다 가장 좋은 에포크에서 {best}(훈련 행 {rows}개의 "
        "값보다 {gap} 높음), 마지막 에포크 뒤 {last}입니다."
    ),
    "{variant}: after the last epoch {last}; gap at each one's best epoch {gap}.": (
        "{variant}: 마지막 에포크 뒤 {last}; 저마다 가장 좋은 에포크에서의 격차 {gap}."
    ),
    "Lower after the last epoch, each interval by itself: {names}.": (
        "마지막 에포크 뒤 더 낮은 처방(구간을 하나씩 따로 볼 때): {names}."
    ),
    "Lower after the last epoch, each interval by itself: none.": (
        "마지막 에포크 뒤 더 낮은 처방(구간을 하나씩 따로 볼 때): 없음."
    ),
    "Better at each one's best epoch, corrected for {cures} cures: {names}.": (
        "저마다 가장 좋은 에포크에서 더 나은 처방(처방 {cures}개에 대해 보정): {names}."
    ),
    "Better at each one's best epoch, corrected for {cures} cures: none.": (
        "저마다 가장 좋은 에포크에서 더 나은 처방(처방 {cures}개에 대해 보정): 없음."
    ),
    "Do not overfit within these epochs: {names}.": (
        "이 에포크 안에서 과대적합하지 않는 것: {names}."
    ),
    "Do not overfit within these epochs: none that can be told.": (
        "이 에포크 안에서 과대적합하지 않는 것: 그렇다고 할 수 있는 것은 없음."
    ),
    # E2
    "{factor} at most": "최대 {factor}",
    "saturated outputs": "포화된 출력",
    "{activation}: one layer back the gradient is {factor} times as large (expected: {expected}). "
    "The weights of the last hidden layer have a gradient 10^x times that of the first layer's, "
    "with x = {before} before training, {after} after {epochs} epochs.": (
        "{activation}: 한 층 뒤로 갈 때 기울기에 곱해지는 배율 {factor} (예상: {expected}). 마지막 "
        "은닉층 가중치의 기울기는 첫 은닉층의 10^x배이며, 훈련 전에는 x = {before}, {epochs} "
        "에포크 뒤에는 x = {after}입니다."
    ),
    "{what} {before} before, {after} after": "{what} 훈련 전 {before}, 훈련 뒤 {after}",
    "{activation}, validation accuracy: {accuracy}; {deep} layers against {shallow}: {verdict}.": (
        "{activation}, 검증 정확도: {accuracy}; 층 {deep}개에서 {shallow}개의 값을 뺀 차이: "
        "{verdict}."
    ),
    # E3
    "clipping": "클리핑",
    "Gain {gain:g}: from {first} to {last} steps the gradient becomes {times} times as large "
    "(median), that is {factor} a step.": (
        "이득 {gain:g}: {first}단계에서 {last}단계로 늘리면 기울기가 {times}배(중앙값)가 됩니다. "
        "한 단계마다 곱해지는 배율: {factor}."
    ),
    "{variant}: {diverged} networks diverge, in {jumped} the training loss of an epoch is above "
    "{jump:g} or NaN, {learnt} end at least a tenth below always answering the mean "
    "({naive:.4f}). Validation loss at the end {loss} (median, least, largest). Largest gradient "
    "measured in the recurrent layer {gradient}, largest step {step}. Share of dead units at the "
    "end: {dead}.": (
        "{variant}: 발산한 신경망 {diverged}; 훈련 손실이 {jump:g}보다 크거나 NaN인 에포크가 있는 "
        "신경망 {jumped}; 언제나 평균을 답할 때의 손실({naive:.4f})보다 10분의 1 이상 낮게 끝난 "
        "신경망 {learnt}. 끝에서의 검증 손실 {loss} (중앙값, 최소, 최대). 순환층에서 잰 가장 큰 "
        "기울기 {gradient}, 가장 큰 업데이트 {step}. 끝에서 죽은 유닛의 비율: {dead}."
    ),
    # E4
    "{name} gives 0": "{name} 출력이 0",
    "{name} {factor} (theory {theory:.3f})": "{name} {factor} (이론 {theory:.3f})",
    "{activation}, before training: a layer's outputs are so many times as large as those of the "
    "layer before: {factors}.": (
        "{activation}, 훈련 전 한 층의 출력 크기를 앞 층의 출력 크기로 나눈 값: {factors}."
    ),
    "{activation}, validation accuracy after the first epoch: {accuracies}.": (
        "{activation}, 첫 에포크 뒤의 검증 정확도: {accuracies}."
    ),
    # E5
    "rate": "학습률",
    "batches of {size}": "배치 크기 {size}",
    "first weights, rate 0.1": "처음 가중치, 학습률 0.1",
    "recurrent": "순환 신경망",
    "trains at no {what}": "훈련이 되는 {what} 없음",
    "trains at {what} {value:g} only": "{what} {value:g}에서만 훈련됨",
    "trains at {what} {first:g} to {last:g}, a factor of {factor:g}": (
        "{what} {first:g}에서 {last:g}까지 훈련됨({factor:g}배 범위)"
    ),
    "trains at {what} {values}": "{what} {values}에서 훈련됨",
    "{head}, {kind}: {trains}; best at {at:g} with {reached}.": (
        "{head}, {kind}: {trains}; 가장 좋은 값은 {at:g}, 이때의 정확도 {reached}."
    ),
    "{head}, {kind}: {trains}; best at {at:g} with {reached}, less that of none at its best: "
    "{apart}.": (
        "{head}, {kind}: {trains}; 가장 좋은 값은 {at:g}, 이때의 정확도 {reached}; 가장 좋을 "
        "때의 none 대비: {apart}."
    ),
    "{head}, after one epoch, each at its best {what}: {accuracies}.": (
        "{head}, 저마다 가장 좋은 {what}에서 한 에포크 뒤의 정확도: {accuracies}."
    ),
    "{name} {accuracy} (less none: {verdict})": "{name} {accuracy} (none 대비: {verdict})",
    # E6
    "Commonest first: {words}, ... ({count} words).": (
        "많이 나오는 순서: {words}, ... (단어 {count}개)."
    ),
    '"{text}" with num_words=6, unknown words dropped: {sequence}, back: "{back}".': (
        '"{text}", num_words=6, 모르는 단어는 버림: {sequence}, 되돌리면 "{back}".'
    ),
    '"{text}" with num_words=6, unknown words marked: {sequence}, back: "{back}".': (
        '"{text}", num_words=6, 모르는 단어는 표시함: {sequence}, 되돌리면 "{back}".'
    ),
    "The saved file holds its words; loaded again, it says of raw text: {answers} (good).": (
        "저장한 파일에는 단어도 들어 있습니다. 다시 불러와 글을 그대로 넣은 결과: {answers} "
        "(good일 확률)."
    ),
    "{length} words, padding in front {front}, behind {behind} (validation accuracy). In front "
    "minus behind: {verdict}.": (
        "단어 {length}개, 앞쪽 패딩 {front}, 뒤쪽 패딩 {behind} (검증 정확도). 앞쪽에서 뒤쪽을 뺀 "
        "차이: {verdict}."
    ),
    "{length} words, cutting in front {front}, behind {behind} (validation accuracy). In front "
    "minus behind: {verdict}.": (
        "단어 {length}개, 앞쪽 자르기 {front}, 뒤쪽 자르기 {behind} (검증 정확도). 앞쪽에서 뒤쪽을 "
        "뺀 차이: {verdict}."
    ),
    "Which side to pad and cut was not tried: no film lines in {folder}.": (
        "어느 쪽을 채우고 자를지는 시험하지 않았습니다. {folder}에 영화 문장이 없습니다."
    ),
    # E7
    "validation accuracy, {coding}": "검증 정확도, {coding}",
    "{coding}: {count:,} parameters, as in the note ({note:,}).": (
        "{coding}: 매개변수 {count:,}개, 노트({note:,}개)와 같습니다."
    ),
    "{coding}: single runs reach from {least:.3f} to {most:.3f}; {seconds:.2g} s an epoch of "
    "20,000 reviews, the note's machine: {note} s.": (
        "{coding}: 한 번씩의 실행이 이르는 값은 {least:.3f}에서 {most:.3f}까지; 리뷰 20,000개로 된 "
        "한 에포크에 {seconds:.2g}초, 노트의 컴퓨터에서는 {note}초."
    ),
    "20,000 reviews of {length} words: {one_hot:,.0f} MB as one-hot float32 arrays, "
    "{integers:,.0f} MB as integers, which is what both codings read here.": (
        "단어 {length}개짜리 리뷰 20,000개: 원-핫 float32 배열로는 {one_hot:,.0f} MB, 정수로는 "
        "{integers:,.0f} MB. 여기서는 두 방식 모두 정수를 읽습니다."
    ),
    "seconds an epoch, one network alone": "신경망 하나만 훈련할 때의 에포크당 시간(초)",
    "Embedding minus one-hot, {what}: {verdict}.": (
        "Embedding에서 원-핫을 뺀 차이, {what}: {verdict}."
    ),
    "{name}, nearest in the first network. {words}.": (
        "{name}, 첫 신경망에서 가장 가까운 단어. {words}."
    ),
    "{name}: of the {nearest} nearest another network has {shared:.1f} too (mean over words and "
    "pairs of networks; by chance {chance:.2f}). {explained:.0%} of what tells the commonest words "
    "apart is one line, for {classes} classes.": (
        "{name}: 가장 가까운 단어 {nearest}개 가운데 다른 신경망에서도 나오는 것은 "
        "{shared:.1f}개입니다(단어와 신경망 쌍에 걸친 평균; 우연이라면 {chance:.2f}개). 가장 흔한 "
        "단어들이 서로 다른 정도의 {explained:.0%}가 직선 하나로 설명됩니다(클래스 {classes}개)."
    ),
    # E8
    "{name}: {pair} reaches a validation {metric} of {interval}.": (
        "{name}: {pair}의 val_{metric}: {interval}."
    ),
    "Of {wrong} wrong pairs {told} differ from the right one by more than these seeds' own spread; "
    "the others run, learn, and tell nobody.": (
        "잘못된 짝 {wrong}개 가운데 {told}개는 올바른 짝과의 차이가 이 시드들의 흩어짐보다 큽니다. "
        "나머지는 그대로 실행되고 학습하며, 잘못되었다고 아무에게도 알리지 않습니다."
    ),
    "softmax on one unit with labels 0 to 9 is refused: {fault}": (
        "레이블이 0에서 9까지일 때 유닛 하나의 softmax는 거부됩니다: {fault}"
    ),
    # E9
    "nothing but epochs": "에포크 수만",
    "{call}: {epochs} epochs; History: {keys}; {lines} lines printed.": (
        "{call}: {epochs} 에포크; History: {keys}; 출력 {lines}줄."
    ),
    "{call}: {epochs} epochs; History: {keys}.": "{call}: {epochs} 에포크; History: {keys}.",
    "No History is more than {most:.0e} apart from that of Keras' fit.": (
        "어느 History도 Keras의 fit과 {most:.0e}보다 크게 다르지 않습니다."
    ),
    "Validation accuracy after the last epoch, {first} against {second}: {verdict}.": (
        "마지막 에포크 뒤의 검증 정확도, {second} 대비 {first}: {verdict}."
    ),
    # E10
    "Test accuracy over the seeds: {interval}.": "시드에 걸친 테스트 정확도: {interval}.",
    "evaluate: loss {loss:.4f}, accuracy {accuracy:.4f} (the run folder: {kept:.4f}).": (
        "evaluate: 손실 {loss:.4f}, 정확도 {accuracy:.4f} (실행 폴더: {kept:.4f})."
    ),
    "predict: the first five test digits are {first}, in truth {true}.": (
        "predict: 처음 다섯 테스트 숫자의 예측 {first}, 정답 {true}."
    ),
    "summary: {layers} layers, {parameters:,} parameters.": (
        "summary: 층 {layers}개, 매개변수 {parameters:,}개."
    ),
    "{file}: {size:.0f} KB; loaded, its predictions are {apart:g} apart and its test loss is "
    "{loss:.4f}.": (
        "{file}: {size:.0f} KB; 불러온 뒤 예측의 차이 {apart:g}, 테스트 손실 {loss:.4f}."
    ),
    # E11
    "; the noise alone is {noise:g}": "; 잡음만의 오차 {noise:g}",
    "; scikit-learn's LogisticRegression on the same rows {score:.4f}": (
        "; 같은 행에서 scikit-learn의 LogisticRegression {score:.4f}"
    ),
    "lstm: a perfect reader of k steps errs by 1 - k / {steps}; an error of {error:.3f} is that of "
    "one that has read {read:.1f} of them.": (
        "lstm: k단계를 완벽하게 읽으면 오차는 1 - k / {steps}입니다. 오차가 {error:.3f}일 때는 그 "
        "가운데 {read:.1f}단계를 읽은 셈입니다."
    ),
    "linear: slopes and bias {learnt}; the truth is {truth}, and no seed is more than {apart:.3f} "
    "from least squares.": (
        "linear: 기울기와 절편 {learnt}; 참값 {truth}. 최소 제곱법의 해에서 {apart:.3f}보다 멀리 "
        "떨어진 시드는 없습니다."
    ),
    "two-inputs: both against {variant}: {verdict}.": (
        "two-inputs: {variant} 대비 both: {verdict}."
    ),
    "two-inputs: one input tells at most 0.75 of all rows there could be; of these {rows:,} by "
    "chance between {low:.3f} and {high:.3f}. The intervals are over seeds on these rows.": (
        "two-inputs: 입력 하나로는 나올 수 있는 모든 행의 0.75까지만 맞힐 수 있습니다. 여기 있는 "
        "행 {rows:,}개에서는 우연에 따라 {low:.3f}에서 {high:.3f} 사이입니다. 구간은 이 행들에서 "
        "시드에 걸친 것입니다."
    ),
    # E12
    "{name}: of the test part's squared error {least:.4f} can be foreseen by nobody ({noise:g} in "
    "the long run); the naive forecast errs by {naive:.4f}.": (
        "{name}: 테스트 부분의 제곱 오차 가운데 {least:.4f}만큼은 누구도 예측할 수 없습니다(길게 "
        "보면 {noise:g}). 단순 예측의 오차는 {naive:.4f}입니다."
    ),
    "  {variant}: {error}, {share:.0%} of the way from the naive forecast to the best, {above:.1%} "
    "above it.": (
        "  {variant}: {error}, 단순 예측에서 최선의 예측까지 거리의 {share:.0%}를 왔고, 최선보다 "
        "{above:.1%} 큽니다."
    ),
    "  LSTM against linear, on the same seeds: {verdict}.": (
        "  linear 대비 LSTM, 같은 시드에서: {verdict}."
    ),
}
