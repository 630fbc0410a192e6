"""Korean for `dure.gallery`, rows C1 to C7."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "{sum} = {count:,} parameters (note: 197,210).": (
        "{sum} = 매개변수 {count:,}개(노트: 197,210개)."
    ),
    "validation accuracy": "검증 정확도",
    "test accuracy": "테스트 정확도",
    "test loss": "테스트 손실",
    "Epochs run by each seed: {ran}; weights kept are those of epochs {best}, which Dure does "
    "for every network without a ModelCheckpoint.": (
        "시드마다 실행한 에포크 수: {ran}; 남겨 둔 가중치의 에포크: {best}. Dure는 "
        "ModelCheckpoint 없이도 모든 신경망에서 이렇게 합니다."
    ),
    "The first five test digits are {true}; the best network says {predicted} (note: {note}).": (
        "처음 다섯 테스트 숫자: {true}; 가장 좋은 신경망의 답: {predicted} (노트: {note})."
    ),
    "Of {networks} networks right about each: {right}.": (
        "신경망 {networks}개 가운데 각 숫자를 맞힌 신경망의 수: {right}."
    ),
    "On {rows:,} test digits all {networks} networks agree about {agreed:.1%}, and are right "
    "about {right:.2%} of those.": (
        "테스트 숫자 {rows:,}개 가운데 {agreed:.1%}에서 신경망 {networks}개의 답이 모두 같고, 그 "
        "가운데 {right:.2%}가 맞습니다."
    ),
    "On the other {rows:,} a network is right {right:.0%} of the time.": (
        "나머지 {rows:,}개에서는 신경망 하나가 {right:.0%}의 비율로 맞힙니다."
    ),
    "Layer {layer}: kernel {kernel}, bias {bias}.": "{layer} 층: 커널 {kernel}, 절편 {bias}.",
    "mean of the kernel": "커널의 평균",
    "deviation of the kernel": "커널의 표준 편차",
    "{what}: trained {after}, at the start {before}; the note's one run: {note:g}.": (
        "{what}: 훈련 뒤 {after}, 처음 {before}; 노트(1회 실행): {note:g}."
    ),
    "Updates until then: {updates}. They moved the kernel by {moved} of its own length; the "
    "note's network had 1,500 updates in each epoch.": (
        "업데이트 횟수: {updates}. 그동안 커널이 움직인 거리를 처음 길이로 나눈 값: {moved}. "
        "노트의 신경망은 에포크마다 1,500번 업데이트했습니다."
    ),
    "Clothing": "패션 아이템",
    "Digits": "숫자",
    "{name}: maps of {first}, then {second}.": "{name}: 특성 맵 {first}, 다음은 {second}.",
    "{name}, {layer}: share of values that are 0: {dark}; of channels that are 0 for all {rows} "
    "pictures: {dead}.": (
        "{name}, {layer}: 0인 값의 비율: {dark}; 그림 {rows}장 모두에서 0인 채널의 비율: {dead}."
    ),
    "{models} sub-models, from the input to each layer's output, the plain Keras way and by "
    "dure.look(model).submodel: outputs differ by at most {difference:g}.": (
        "입력에서 각 층의 출력까지의 부분 모델 {models}개, Keras 방식과 "
        "dure.look(model).submodel: 출력의 차이는 최대 {difference:g}."
    ),
    "pixels": "픽셀",
    "Nearest class mean of {name}: {share} of test digits right.": (
        "{name} 기준 가장 가까운 클래스 평균: 테스트 숫자를 맞힌 비율 {share}."
    ),
    "by Dure": "Dure로 훈련",
    "by Keras alone": "Keras만으로 훈련",
    "Trained {whose}, {file} ({size:.1f} MB): {layers} layers, {arrays} weights of {numbers:,} "
    "numbers; differences after loading: weights {weights:g}, predictions {predictions:g}; "
    "dure.look's kernel {kernel:g}.": (
        "{whose}, {file} ({size:.1f} MB): 층 {layers}개, 숫자 {numbers:,}개로 된 가중치 배열 "
        "{arrays}개; 불러온 뒤의 차이: 가중치 {weights:g}, 예측 {predictions:g}, dure.look의 "
        "커널 {kernel:g}."
    ),
    "Dropout mends overfitting where validation loss is better at the end; where it is no better "
    "at its best, stopping early does as well.": (
        "끝에서의 검증 손실이 더 좋다면 드롭아웃이 과대적합을 고친 것입니다. 가장 좋을 때의 검증 "
        "손실이 더 좋지 않다면 조기 종료로도 그만큼 됩니다."
    ),
}
