"""Korean for the gallery's page, its shared questions and rows A1 to A11."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "an excerpt": "발췌본",
    "the full set": "전체 데이터",
    "; {lost} of {of} lanes diverged or failed": "; 레인 {of}개 가운데 {lost}개는 발산했거나 실패",
    "{what}: {told} on {where} ({lanes} lanes{lost}); the note's one run: {note:g}.": (
        "{what}: {where} 기준 {told} (레인 {lanes}개{lost}); 노트(1회 실행): {note:g}."
    ),
    "epoch with the least validation loss": "검증 손실이 가장 작은 에포크",
    "updates until the least validation loss": "검증 손실이 가장 작아질 때까지의 업데이트 수",
    "updates until the least validation loss, {variant}": (
        "검증 손실이 가장 작아질 때까지의 업데이트 수, {variant}"
    ),
    "{value:g} in each": "모두 {value:g}",
    "{count} of {of} [{low:.2f}, {high:.2f}]": "{of}개 가운데 {count}개 [{low:.2f}, {high:.2f}]",
    "{count:,} parameters.": "매개변수 {count:,}개.",
    "{count:,} parameters, as in the note ({note:,}).": (
        "매개변수 {count:,}개, 노트({note:,}개)와 같습니다."
    ),
    "; the note's one run: {epoch}, after {updates:,}": (
        "; 노트(1회 실행): {epoch}, 업데이트 {updates:,}번 뒤"
    ),
    "best epoch {epoch}, after {updates:,.0f} updates{theirs}; validation accuracy there from "
    "{worst:.2f} in the worst network to {best:.2f} in the best; {stuck} of {networks} stay "
    "below {chance}.": (
        "가장 좋은 에포크 {epoch}, 업데이트 {updates:,.0f}번 뒤{theirs}; 그때의 검증 정확도는 "
        "가장 나쁜 신경망 {worst:.2f}, 가장 좋은 신경망 {best:.2f}; 신경망 {networks}개 가운데 "
        "{stuck}개는 {chance} 미만에 머뭅니다."
    ),
    "validation accuracy {accuracy}, loss {loss} at each network's best epoch; test accuracy "
    "{test}. {networks} networks.": (
        "각 신경망의 가장 좋은 에포크에서 검증 정확도 {accuracy}, 검증 손실 {loss}; 테스트 "
        "정확도 {test}. 신경망 {networks}개."
    ),
    "Least squares: slope {slope:.0f}, intercept {intercept:.1f}, error {error:,.0f}.": (
        "최소 제곱법: 기울기 {slope:.0f}, 절편 {intercept:.1f}, 오차 {error:,.0f}."
    ),
    "{variant}: slope {slope}, intercept {intercept} over {orders} orders of the rows; the error "
    "on the training rows is {excess:.1%} above that of least squares.": (
        "{variant}: 행의 순서 {orders}가지에서 기울기 {slope}, 절편 {intercept}; 훈련 행의 "
        "오차는 최소 제곱법보다 {excess:.1%} 큽니다."
    ),
    "At rate 1 the last sample of all pulls the bias all the way to itself, so where training "
    "ends depends on the order of the rows; at rate 0.1 a tenth of the way.": (
        "학습률이 1이면 맨 마지막 샘플이 절편을 자기 쪽으로 끝까지 끌어당기므로 훈련이 어디서 "
        "끝나는지가 행의 순서에 달려 있습니다. 학습률이 0.1이면 10분의 1만큼만 끌어당깁니다."
    ),
    "{share:.0%} of the {networks} networks came to rest: an epoch without a mistake, of "
    "{epochs}. The others go on correcting one row after another.": (
        "신경망 {networks}개의 {share:.0%}가 안정되었습니다. 곧 {epochs} 에포크 가운데 실수가 "
        "하나도 없는 에포크가 있었습니다. 나머지는 행을 하나씩 계속 고쳐 나갑니다."
    ),
    "Right on rows held out after the last epoch: {accuracy} (folds).": (
        "마지막 에포크 뒤 따로 떼어 둔 행에서 맞힌 비율: {accuracy} (폴드 기준)."
    ),
    "The squared error fell from {first:.2f} to {last:.3f}.": (
        "제곱 오차가 {first:.2f}에서 {last:.3f}까지 줄었습니다."
    ),
    "Before training {stuck} of {rows} training rows are wrong with a probability that rounds to "
    "1; behind the layer's sigmoid they teach nothing. Loss of the first epoch: {in_loss:.2f} "
    "with the sigmoid in the loss, {in_layer:.2f} in the layer.": (
        "훈련 전에는 훈련 행 {rows}개 가운데 {stuck}개가 반올림하면 1이 되는 확률로 틀립니다. 층 "
        "안에 시그모이드가 있으면 이런 행에서는 아무것도 배우지 못합니다. 첫 에포크의 손실: "
        "시그모이드가 손실 함수 안에 있으면 {in_loss:.2f}, 층 안에 있으면 {in_layer:.2f}."
    ),
    "The least loss there is on these rows: {least:.4f}.": (
        "이 행들에서 가능한 가장 작은 손실: {least:.4f}."
    ),
    "as measured": "잰 값 그대로",
    "standardised": "표준화",
    "The scaler saw the training rows only: their means are 0 (at most {training:.0e}), those of "
    "the rows that validate are up to {validation:.2f} off.": (
        "스케일러는 훈련 행만 보았습니다. 훈련 행의 평균은 0이고(최대 {training:.0e}), 검증 행의 "
        "평균은 0에서 최대 {validation:.2f} 벗어납니다."
    ),
    "Logistic": "로지스틱",
    "Linear": "선형",
    "{folds} folds; each of the {rows} rows validates once.": (
        "폴드 {folds}개; 행 {rows}개가 저마다 한 번씩 검증에 쓰입니다."
    ),
    "cross-correlation, valid": "교차 상관, 밸리드 패딩",
    "convolution (kernel turned round), valid": "합성곱(커널을 뒤집음), 밸리드 패딩",
    "cross-correlation, same": "교차 상관, 세임 패딩",
    "cross-correlation, full": "교차 상관, 풀 패딩",
    "a picture, valid": "그림, 밸리드 패딩",
    "a picture, true convolution": "그림, 진짜 합성곱",
    "a picture, same": "그림, 세임 패딩",
    "a picture, same, stride 2": "그림, 세임 패딩, 스트라이드 2",
    "max pooling 2 x 2": "최대 풀링 2 x 2",
    "average pooling 2 x 2": "평균 풀링 2 x 2",
    "Keras' layers cross-correlate; the kernel is learnt, so it may as well be learnt turned "
    "round. Largest difference from Keras' own conv and pool: {difference:g}.": (
        "Keras의 층은 교차 상관을 계산합니다. 커널은 학습되는 것이므로 뒤집힌 채로 학습되어도 "
        "상관없습니다. Keras의 합성곱과 풀링 연산과의 가장 큰 차이: {difference:g}."
    ),
    "{metric} after the last epoch": "마지막 에포크 뒤의 {metric}",
    "after the last epoch": "마지막 에포크 뒤",
    "{seeds}: too few to test. So far, {metric} less that of {second}: {so_far}.": (
        "{seeds}: 검정하기에 너무 적습니다. 지금까지 {metric}에서 {second}의 값을 뺀 차이: "
        "{so_far}."
    ),
    "{seconds:.3f} s an epoch and network, {full:.2f} s were it {rows:,} reviews{note}.": (
        "신경망 하나의 한 에포크에 {seconds:.3f}초, 리뷰가 {rows:,}개라면 {full:.2f}초{note}."
    ),
    "; the note: {note:g} s": "; 노트: {note:g}초",
    "An epoch is {rows:,} reviews, {steps} updates (notes: {note_rows:,} and {note_steps}); but "
    "in a quick run, epochs and patience are longer by as much.": (
        "한 에포크는 리뷰 {rows:,}개, 업데이트 {steps}번입니다(노트: {note_rows:,}개, "
        "{note_steps}번). 빠른 실행이 아니면 에포크 수와 patience를 그만큼 늘립니다."
    ),
    "Validation loss is least at epoch {epoch} ({lanes} lanes, from {first:.0f} to {last:.0f}), "
    "that is after {updates:,.0f} updates; the note's one run: about epoch {note:g}, after "
    "{note_updates:,.0f}{more}.": (
        "검증 손실이 가장 작은 에포크: {epoch} (레인 {lanes}개, {first:.0f}에서 {last:.0f}까지), "
        "곧 업데이트 {updates:,.0f}번 뒤입니다. 노트(1회 실행): 약 {note:g} 에포크, 업데이트 "
        "{note_updates:,.0f}번 뒤{more}."
    ),
    " ({here} updates an epoch here, {there} there)": (
        " (한 에포크의 업데이트는 여기서는 {here}번, 노트에서는 {there}번)"
    ),
    "The last ten epochs less the first ten, there: {gain} (folds).": (
        "같은 행에서 마지막 열 에포크에서 처음 열 에포크를 뺀 차이: {gain} (폴드 기준)."
    ),
    "{name}: {updates:,} updates a network; loss {loss} on the {rows} training rows.": (
        "{name}: 신경망마다 업데이트 {updates:,}번; 훈련 행 {rows}개의 손실 {loss}."
    ),
    "Update for update all batches go down alike; small ones make more updates in an epoch, and "
    "single samples end up walking about the least.": (
        "업데이트 횟수로 보면 모든 배치가 똑같이 내려갑니다. 배치가 작으면 한 에포크에 "
        "업데이트를 더 많이 하고, 샘플을 하나씩 쓰면 결국 최솟값 둘레를 맴돕니다."
    ),
    "{name}: the weight of mean area goes to and fro over {far} times its range (seeds); right "
    "on rows held out {right} (ten folds, last ten epochs), which from epoch to epoch moves by "
    "{jumps} (standard deviation).": (
        "{name}: mean area의 가중치가 오간 거리는 자기 범위의 {far}배(시드 기준); 따로 떼어 둔 "
        "행에서 맞힌 비율 {right} (폴드 10개, 마지막 열 에포크), 에포크마다 움직이는 폭 {jumps} "
        "(표준 편차)."
    ),
    "Too few units cannot learn the rows; more than are needed learn them by heart, and "
    "validation turns the earlier.": (
        "유닛이 너무 적으면 행을 배우지 못합니다. 필요한 것보다 많으면 행을 외우고, 검증이 더 "
        "일찍 돌아섭니다."
    ),
    "The linear neuron's weights end within {l1:.2g} of scikit-learn's Lasso and {l2:.2g} of its "
    "Ridge.": (
        "선형 뉴런의 가중치는 scikit-learn의 Lasso 값과 {l1:.2g} 이내, Ridge 값과 {l2:.2g} "
        "이내에서 끝납니다."
    ),
    "{what} neuron, {penalty}: of {weights} weights so many end nearer to zero than {zero:g}, by "
    "strength: {counts} (means over {seeds} seeds). Longest hold out {names}.": (
        "{what} 뉴런, {penalty}: 가중치 {weights}개 가운데 0에 {zero:g}보다 가깝게 끝나는 것의 "
        "수(강도별): {counts} (시드 {seeds}개의 평균). 가장 오래 버티는 가중치: {names}."
    ),
    "what judging each fold at its own best epoch adds to the accuracy, over folds": (
        "각 폴드를 자기에게 가장 좋은 에포크로 평가할 때 늘어나는 정확도, 폴드 기준"
    ),
    "accuracy after the last epoch, over folds": "마지막 에포크 뒤의 정확도, 폴드 기준",
    "what a scaler that saw all rows adds to the loss, over folds": (
        "모든 행을 본 스케일러 때문에 늘어나는 손실, 폴드 기준"
    ),
}
