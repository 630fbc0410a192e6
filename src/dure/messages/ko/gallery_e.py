"""Korean for `dure.gallery`, rows E1 to E12."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "at each one's best epoch": "저마다 가장 좋은 에포크에서",
    "clipping": "클리핑",
    "rate": "학습률",
    "batches of {size}": "배치 크기 {size}",
    "first weights, rate 0.1": "처음 가중치, 학습률 0.1",
    "recurrent": "순환 신경망",
    "Commonest first: {words}, ... ({count} words).": (
        "많이 나오는 순서: {words}, ... (단어 {count}개)."
    ),
    "The saved file holds its words; loaded again, it says of raw text: {answers} (good).": (
        "저장한 파일에는 단어도 들어 있습니다. 다시 불러와 글을 그대로 넣은 결과: {answers} "
        "(good일 확률)."
    ),
    "Which side to pad and cut was not tried: no film lines in {folder}.": (
        "어느 쪽을 채우고 자를지는 시험하지 않았습니다. {folder}에 영화 문장이 없습니다."
    ),
    "validation accuracy, {coding}": "검증 정확도, {coding}",
    "seconds an epoch, one network alone": "신경망 하나만 훈련할 때의 에포크당 시간(초)",
    "softmax on one unit with labels 0 to 9 is refused: {fault}": (
        "레이블이 0에서 9까지일 때 유닛 하나의 softmax는 거부됩니다: {fault}"
    ),
    "nothing but epochs": "에포크 수만",
    "{call}: {epochs} epochs; History: {keys}; {lines} lines printed.": (
        "{call}: {epochs} 에포크; History: {keys}; 출력 {lines}줄."
    ),
    "No History is more than {most:.0e} apart from that of Keras' fit.": (
        "어느 History도 Keras의 fit과 {most:.0e}보다 크게 다르지 않습니다."
    ),
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
    "{name}: of the test part's squared error {least:.4f} can be foreseen by nobody ({noise:g} "
    "in the long run); the naive forecast errs by {naive:.4f}.": (
        "{name}: 테스트 부분의 제곱 오차 가운데 {least:.4f}만큼은 누구도 예측할 수 없습니다(길게 "
        "보면 {noise:g}). 단순 예측의 오차는 {naive:.4f}입니다."
    ),
    "{variant}: gap to training rows, best epoch": (
        "{variant}: 가장 좋은 에포크에서 훈련 행과의 격차"
    ),
    "{activation}: one layer back the gradient is {factor} times as large (expected: "
    "{expected}).": (
        "{activation}: 한 층 뒤로 갈 때 기울기에 곱해지는 배율 {factor} (예상: {expected})."
    ),
    "{activation}, validation accuracy: {deep} with {most} layers, {shallow} with {few}.": (
        "{activation}, 검증 정확도: 층 {most}개에서 {deep}, 층 {few}개에서 {shallow}."
    ),
    "{variant}: {diverged} networks diverge, in {jumped} the training loss of an epoch is above "
    "{jump:g} or NaN, {learnt} end at least a tenth below always answering the mean "
    "({naive:.4f}). Largest gradient measured in the recurrent layer {gradient}, largest step "
    "{step}. Share of dead units at the end: {dead}.": (
        "{variant}: 발산한 신경망 {diverged}; 훈련 손실이 {jump:g}보다 크거나 NaN인 에포크가 "
        "있는 신경망 {jumped}; 언제나 평균을 답할 때의 손실({naive:.4f})보다 10분의 1 이상 낮게 "
        "끝난 신경망 {learnt}. 순환층에서 잰 가장 큰 기울기 {gradient}, 가장 큰 업데이트 {step}. "
        "끝에서 죽은 유닛의 비율: {dead}."
    ),
    "Gain {gain:g}: a step multiplies the gradient by {by}.": (
        "이득 {gain:g}: 한 단계마다 기울기에 곱해지는 배율 {by}."
    ),
    "{activation}, before training: a layer's outputs are so many times as large as those of the "
    "layer before (in theory): {factors}.": (
        "{activation}, 훈련 전 한 층의 출력 크기를 앞 층의 출력 크기로 나눈 값(이론값): {factors}."
    ),
    "{head}, {kind}: trains at {what} {trains}; best at {at:g}, with {reached} in the end and "
    "{first} after one epoch.": (
        "{head}, {kind}: 훈련이 되는 {what}: {trains}; 가장 좋은 값은 {at:g}, 이때의 정확도는 "
        "끝에서 {reached}, 한 에포크 뒤 {first}."
    ),
    "after one epoch": "한 에포크 뒤",
    '"{text}" with num_words=6, unknown words {what}: {sequence}, back: "{back}".': (
        '"{text}", num_words=6, 모르는 단어 {what}: {sequence}, 되돌리면 "{back}".'
    ),
    "dropped": "버림",
    "marked": "표시함",
    "20,000 reviews: 2,400 MB as one-hot float32 arrays; 8 MB as integers, read by both.": (
        "리뷰 20,000개: 원-핫 float32 배열로는 2,400 MB, 정수로는 8 MB. 두 방식 모두 정수를 "
        "읽습니다."
    ),
    "{coding}: {count:,} parameters, as in the note; {seconds:.2g} s an epoch of 20,000 reviews, "
    "the note's machine: {note} s.": (
        "{coding}: 매개변수 {count:,}개, 노트와 같습니다. 리뷰 20,000개로 된 한 에포크에 "
        "{seconds:.2g}초, 노트의 컴퓨터에서는 {note}초."
    ),
    "{name}, nearest in the first network. {words}. Of the {nearest} nearest another network has "
    "{shared:.1f} too (mean over words and pairs of networks; by chance {chance:.2f}).": (
        "{name}, 첫 신경망에서 가장 가까운 단어. {words}. 가장 가까운 단어 {nearest}개 가운데 "
        "다른 신경망에서도 나오는 것은 {shared:.1f}개입니다(단어와 신경망 쌍에 걸친 평균; "
        "우연이라면 {chance:.2f}개)."
    ),
    "A wrong pair runs and learns all the same, and tells nobody that it is wrong.": (
        "잘못된 짝도 그대로 실행되고 학습하며, 잘못되었다고 아무에게도 알리지 않습니다."
    ),
    "linear: no seed's slopes are more than {apart:.3f} from least squares.": (
        "linear: 최소 제곱법의 해에서 {apart:.3f}보다 멀리 떨어진 시드는 없습니다."
    ),
    "scikit-learn's LogisticRegression on the same rows: {score:.4f}.": (
        "같은 행에서 scikit-learn의 LogisticRegression: {score:.4f}."
    ),
    "lstm: a perfect reader of k steps errs by 1 - k / 50; an error of {error:.3f} is that of "
    "one that has read {read:.1f} of them.": (
        "lstm: k단계를 완벽하게 읽으면 오차는 1 - k / 50입니다. 오차가 {error:.3f}일 때는 그 "
        "가운데 {read:.1f}단계를 읽은 셈입니다."
    ),
    "{variant}: {error}, {share:.0%} of the way from the naive forecast to the best.": (
        "{variant}: {error}, 단순 예측에서 최선의 예측까지 거리의 {share:.0%}를 왔습니다."
    ),
}
