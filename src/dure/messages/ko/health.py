"""Korean for `dure.analysis.diagnostics.health`, `findings.silence` and `findings.numbers`.

Reasons end with 때문, since the sentences that hold them end with 입니다.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Kinds
    "NaN or infinite values": "NaN 또는 무한대 값",
    "loss and last activation that do not fit": "손실 함수와 마지막 활성화 함수의 불일치",
    "training that does not beat chance": "우연 수준을 넘지 못하는 훈련",
    "exploding gradients": "기울기 폭주",
    "vanishing gradients": "기울기 소실",
    "dead units": "죽은 유닛",
    "a rate that is too high": "너무 높은 학습률",
    "layers that do not learn": "학습되지 않는 층",
    "inputs that are not scaled": "스케일을 맞추지 않은 입력",
    "saturated units": "포화된 유닛",
    "a rate that is too low": "너무 낮은 학습률",
    "a seed unlike the others": "나머지와 동떨어진 시드",
    "overfitting": "과대적합",
    "unbalanced classes": "클래스 불균형",
    "underfitting": "과소적합",
    # What was found
    "{findings} in {lanes} of {variants}, worst first.": (
        "{variants}의 {lanes}에서 {findings:을} 찾았습니다. 심각한 것부터 적었습니다."
    ),
    "No lane has run an epoch yet, so nothing could be looked for.": "에포크를 하나라도 마친 레인이 아직 없어 아무것도 살펴볼 수 없었습니다.",
    "No finding: {kinds} were looked for in {lanes} of {variants}.": (
        "찾은 소견이 없습니다. {variants}의 {lanes}에서 살펴본 것: {kinds}."
    ),
    "{kind} · variant {variant} · layer {layer}": "{kind} · 변형 {variant} · 층 {layer}",
    "{kind} · variant {variant}": "{kind} · 변형 {variant}",
    "{kind} · layer {layer}": "{kind} · 층 {layer}",
    "Left out: {kind} in {layer} of {variant}, {reason}.": (
        "제외한 소견: {kind}(변형 {variant}, 층 {layer}). {reason}입니다."
    ),
    "Left out: {kind} of {variant}, {reason}.": (
        "제외한 소견: {kind}(변형 {variant}). {reason}입니다."
    ),
    "Left out: {kind} in {layer}, {reason}.": "제외한 소견: {kind}(층 {layer}). {reason}입니다.",
    "Left out: {kind}, {reason}.": "제외한 소견: {kind}. {reason}입니다.",
    "Not looked for: {kinds}, since {why}.": "살펴보지 않은 것: {kinds}. {why}입니다.",
    "One lane a variant: whether another seed would show the same cannot be known; add seeds.": (
        "변형마다 레인이 하나뿐이어서 다른 시드에서도 같은 결과가 나올지 알 수 없습니다. 시드를 "
        "늘리세요."
    ),
    # Why something was not looked for
    "no lane has run an epoch": "한 에포크라도 훈련한 레인이 없기 때문",
    "no rows were held for validation": "검증에 쓸 행을 떼어 두지 않았기 때문",
    "no single loss of training is logged": "훈련 손실 하나가 따로 기록되지 않기 때문",
    "nothing was recorded of the layers (health=False)": (
        "층마다의 기록을 남기지 않았기(health=False) 때문"
    ),
    "it takes two hidden layers with weights to compare": (
        "비교하려면 가중치가 있는 은닉층이 둘은 있어야 하기 때문"
    ),
    "the run folder holds no facts of models and data": (
        "실행 폴더에 모델과 데이터에 관한 정보가 없기 때문"
    ),
    "the last activation of these networks cannot be told": (
        "이 신경망들의 마지막 활성화 함수를 알 수 없기 때문"
    ),
    "what chance gets is not known for these targets": (
        "이 타깃에서 우연 수준이 얼마인지 알 수 없기 때문"
    ),
    "it takes {fewest} seeds to call one of them odd": (
        "동떨어진 시드를 가려내려면 시드가 {fewest}개는 있어야 하기 때문"
    ),
    # Why a finding was left out
    "since the rate is too high rather than too low": (
        "학습률이 너무 낮은 것이 아니라 너무 높기 때문"
    ),
    "since validation is at chance from the beginning": "검증 성능이 처음부터 우연 수준이기 때문",
    "since validation is at chance": "검증 성능이 우연 수준이기 때문",
    "since the rate is too low": "학습률이 너무 낮기 때문",
    "since the rate is too high": "학습률이 너무 높기 때문",
    "since with this rate every seed is a matter of luck": (
        "이 학습률에서는 어느 시드든 결과가 운에 달려 있기 때문"
    ),
    "since NaN stopped {lanes} of {of} lanes": "레인 {of}개 중 {lanes}개가 NaN으로 멈췄기 때문",
    "since the output is the same whatever the input": "입력이 무엇이든 출력이 똑같기 때문",
    "since it learns the training rows by heart": "훈련 행을 통째로 외우고 있기 때문",
    "since with this rate it has hardly begun to learn": (
        "이 학습률로는 학습이 이제 막 시작된 정도이기 때문"
    ),
    "since dead units in {layer} let no gradient through": (
        "층 {layer}의 죽은 유닛이 기울기를 통과시키지 않기 때문"
    ),
    "since the gradient vanishes from {layer} back": (
        "층 {layer}부터 입력 쪽으로 기울기가 사라지기 때문"
    ),
    # Numbers
    "accuracy of always saying the commonest class": "가장 흔한 클래스로만 답할 때의 정확도",
    "last activation": "마지막 활성화 함수",
    "largest feature against the smallest": "가장 작은 특성 대비 가장 큰 특성(배)",
    "share before training": "훈련 전의 비율",
    "judged by": "판단 기준",
    "what chance gets": "우연 수준",
    "number of classes": "클래스 수",
    "commonest class": "가장 흔한 클래스",
    "rows of the commonest class": "가장 흔한 클래스의 행 수",
    "output is the same for every input (1: yes)": "모든 입력에 출력이 같음(1: 그렇다)",
    "curvature times learning rate": "곡률 × 학습률",
    "lanes that diverged": "발산한 레인 수",
    "last epoch judged": "판단에 쓴 마지막 에포크",
    "epoch at which they stopped (median)": "멈춘 에포크(중앙값)",
    "lanes examined": "조사한 레인 수",
    "lead of training over validation": "훈련이 검증보다 앞선 정도",
    "gap between training and validation at the end": "끝에서 훈련과 검증의 격차",
    "loss given away by training on": "더 훈련해서 나빠진 손실",
    "loss before it broke, in multiples of the first": "발산하기 전의 손실(처음 값의 배수)",
    "hidden layers compared": "비교한 은닉층 수",
    "height of the jumps, as a share of all that the loss fell": (
        "튀어 오른 높이(손실이 줄어든 폭에 대한 비율)"
    ),
    "lanes whose loss jumps": "손실이 튀어 오르는 레인 수",
    "lanes in all": "전체 레인 수",
    "layer with the largest gradient": "기울기가 가장 큰 층",
    "size of the largest feature": "가장 큰 특성의 크기",
    "change over the last quarter of the epochs": "마지막 4분의 1 에포크 동안의 변화",
    "late fall of the loss against its early fall": "초반 대비 후반의 손실 감소",
    "layer": "층",
    "learned of the training rows": "훈련 행에서 학습한 것",
    "learning rate": "학습률",
    "loss function": "손실 함수",
    "loss after training": "훈련 후 손실",
    "loss before training": "훈련 전 손실",
    "share of the first loss that is left": "처음 손실 중 남은 비율",
    "lowest validation loss": "가장 낮은 검증 손실",
    "largest input": "가장 큰 입력값",
    "metric that was judged": "판단에 쓴 지표",
    "smallest input": "가장 작은 입력값",
    "epochs still needed, about": "더 필요한 에포크(어림)",
    "epoch at which it was seen first": "처음 나타난 에포크",
    "value of the odd seeds": "동떨어진 시드의 값",
    "gradient by": "무엇에 대한 기울기",
    "lanes that overshoot": "스텝이 지나치게 큰 레인 수",
    "factor from layer to layer": "층마다 곱해지는 배수",
    "rarest class": "가장 드문 클래스",
    "rows of the rarest class": "가장 드문 클래스의 행 수",
    "epochs to train for": "권장 에포크 수",
    "share of the steps that raised the loss": "손실을 키운 스텝의 비율",
    "odd seeds": "동떨어진 시드",
    "root mean square of the inputs": "입력의 제곱평균제곱근",
    "layer with the smallest gradient": "기울기가 가장 작은 층",
    "size of the smallest feature": "가장 작은 특성의 크기",
    "standard deviation of the inputs": "입력의 표준편차",
    "step within that epoch": "그 에포크 안의 스텝",
    "how far training came from chance (0) to perfect (1)": (
        "훈련이 우연(0)에서 완벽(1) 쪽으로 나아간 정도"
    ),
    "epoch of the lowest validation loss": "검증 손실이 가장 낮은 에포크",
    "units of the output": "출력층의 유닛 수",
    "validation rows of classes not seen in training": "훈련에 없는 클래스의 검증 행 수",
    "change of the weights in one step, relative to their size": (
        "한 스텝의 가중치 변화(가중치 크기의 배수)"
    ),
    "seen first in": "처음 나타난 곳",
    "lanes that end worse than they began": "시작보다 나쁘게 끝난 레인 수",
    "share of dead units": "죽은 유닛의 비율",
    "how many times larger the gradient is": "기울기가 커진 배수",
    "mean of the inputs": "입력의 평균",
    "the same of the other layers": "다른 층에서 같은 값",
    "mean over lanes": "레인 평균",
    "value of the other seeds": "나머지 시드의 값",
    "given away, as a share of the lowest loss": "나빠진 폭(가장 낮은 손실에 대한 비율)",
    "share of saturated outputs": "포화된 출력의 비율",
    "that change, as a share of the lowest loss": "그 변화(가장 낮은 손실에 대한 비율)",
    "what is left of the gradient": "남은 기울기의 비율",
    # Values of numbers that are words
    "the best value": "가장 좋은 값",
    "the whole curve": "곡선 전체",
    "all, by heart": "통째로 외움",
    "a little": "조금",
    "nothing": "없음",
    "unknown": "알 수 없음",
    "the outputs of the layers": "층의 출력",
    "the weights of the layers": "층의 가중치",
    "the output of the layer": "층의 출력",
    "the gradient of the layer": "층의 기울기",
    "the loss itself": "손실 자체",
    "the weights of the layer": "층의 가중치",
}
