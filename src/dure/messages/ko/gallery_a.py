"""Korean for the gallery's page, its shared helpers and rows A1 to A11."""

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
    "Validation loss is least at epoch {epoch} ({lanes} lanes, from {first:.0f} to {last:.0f}), "
    "that is after {updates:,.0f} updates; the note's one run: about epoch {note:g}, after "
    "{note_updates:,.0f}.": (
        "검증 손실이 가장 작은 에포크: {epoch} (레인 {lanes}개, {first:.0f}에서 {last:.0f}까지), "
        "곧 업데이트 {updates:,.0f}번 뒤입니다. 노트(1회 실행): 약 {note:g} 에포크, 업데이트 "
        "{note_updates:,.0f}번 뒤."
    ),
    "An epoch has {here} updates here, {there} there.": (
        "한 에포크의 업데이트는 여기서는 {here}번, 노트에서는 {there}번입니다."
    ),
    "In {lanes} of the lanes it was still falling at the end.": (
        "레인 {lanes}개에서는 끝까지 계속 줄고 있었습니다."
    ),
    "By epoch {epoch} validation loss is up by {percent:.0f} % of its least, while training "
    "accuracy is {accuracy:.3f}.": (
        "{epoch}번째 에포크의 검증 손실은 가장 작을 때보다 {percent:.0f} % 크고, 이때 훈련 "
        "정확도는 {accuracy:.3f}입니다."
    ),
    "{value:g} in each": "모두 {value:g}",
    "{difference}, over {seeds} seeds in pairs: cannot tell": (
        "{difference}, 시드 {seeds}개를 짝지어 비교: 알 수 없음"
    ),
    "{difference}, over {seeds} seeds in pairs: higher": (
        "{difference}, 시드 {seeds}개를 짝지어 비교: 더 높음"
    ),
    "{difference}, over {seeds} seeds in pairs: lower": (
        "{difference}, 시드 {seeds}개를 짝지어 비교: 더 낮음"
    ),
    "{count} of {of} [{low:.2f}, {high:.2f}]": "{of}개 가운데 {count}개 [{low:.2f}, {high:.2f}]",
    "{head}: {seeds} seeds are too few to test {differences} differences. So far, {metric} less "
    "that of {second}: {so_far}.": (
        "{head}: 시드 {seeds}개는 차이 {differences}가지를 검정하기에 너무 적습니다. 지금까지 "
        "{metric}에서 {second}의 값을 뺀 차이: {so_far}."
    ),
    "exactly the same with every seed": "모든 시드에서 정확히 같음",
    "no difference that these seeds can tell ({interval})": (
        "이 시드들로는 차이를 알 수 없음 ({interval})"
    ),
    "{interval} lower": "{interval} 더 낮음",
    "{interval} higher": "{interval} 더 높음",
    "{count:,} parameters.": "매개변수 {count:,}개.",
    "{count:,} parameters, as in the note ({note:,}).": (
        "매개변수 {count:,}개, 노트({note:,}개)와 같습니다."
    ),
    "An epoch is {rows:,} reviews, {steps} updates (notes: {note_rows:,} and {note_steps}); a "
    "quick run has few of them.": (
        "한 에포크는 리뷰 {rows:,}개, 업데이트 {steps}번입니다(노트: {note_rows:,}개, "
        "{note_steps}번). 빠른 실행이라 에포크 수가 적습니다."
    ),
    "An epoch is {rows:,} reviews, {steps} updates (notes: {note_rows:,} and {note_steps}); "
    "epochs and patience are longer by as much.": (
        "한 에포크는 리뷰 {rows:,}개, 업데이트 {steps}번입니다(노트: {note_rows:,}개, "
        "{note_steps}번). 에포크 수와 patience를 그만큼 늘렸습니다."
    ),
    "; the note's one run: {epoch}, after {updates:,}": (
        "; 노트(1회 실행): {epoch}, 업데이트 {updates:,}번 뒤"
    ),
    "best epoch {epoch}, after {updates:,.0f} updates{theirs}; validation accuracy there from "
    "{worst:.2f} in the worst network to {best:.2f} in the best; {stuck} of {networks} stay below "
    "{chance}.": (
        "가장 좋은 에포크 {epoch}, 업데이트 {updates:,.0f}번 뒤{theirs}; 그때의 검증 정확도는 "
        "가장 나쁜 신경망 {worst:.2f}, 가장 좋은 신경망 {best:.2f}; 신경망 {networks}개 가운데 "
        "{stuck}개는 {chance} 미만에 머뭅니다."
    ),
    "{seconds:.3f} s an epoch and network, {full:.2f} s were it {rows:,} reviews.": (
        "신경망 하나의 한 에포크에 {seconds:.3f}초, 리뷰가 {rows:,}개라면 {full:.2f}초."
    ),
    "{seconds:.3f} s an epoch and network, {full:.2f} s were it {rows:,} reviews; the note: "
    "{note:g} s.": (
        "신경망 하나의 한 에포크에 {seconds:.3f}초, 리뷰가 {rows:,}개라면 {full:.2f}초; 노트: "
        "{note:g}초."
    ),
    "validation accuracy {accuracy}, loss {loss} at each network's best epoch; test accuracy "
    "{test}. {networks} networks.": (
        "각 신경망의 가장 좋은 에포크에서 검증 정확도 {accuracy}, 검증 손실 {loss}; 테스트 정확도 "
        "{test}. 신경망 {networks}개."
    ),
    "{metric} of {first} less that of {second}: {verdict}.": (
        "{metric}, {first}에서 {second:을} 뺀 차이: {verdict}."
    ),
    "{updates:,} updates, one sample at a time, for each of {networks} networks: {seconds:.2f} s "
    "of training for all of them.": (
        "신경망 {networks}개를 각각 샘플 하나씩 {updates:,}번 업데이트했습니다. 훈련에 걸린 "
        "시간은 모두 합해 {seconds:.2f}초입니다."
    ),
    "Least squares: slope {slope:.0f}, intercept {intercept:.1f}, error {error:,.0f}.": (
        "최소 제곱법: 기울기 {slope:.0f}, 절편 {intercept:.1f}, 오차 {error:,.0f}."
    ),
    "{variant}: slope {slope}, intercept {intercept} over {orders} orders of the rows; the error "
    "on the training rows is {excess:.1%} above that of least squares.": (
        "{variant}: 행의 순서 {orders}가지에서 기울기 {slope}, 절편 {intercept}; 훈련 행의 오차는 "
        "최소 제곱법보다 {excess:.1%} 큽니다."
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
    "The last ten epochs against the first ten, there: {gain}; these folds cannot tell.": (
        "같은 행에서 마지막 열 에포크와 처음 열 에포크의 차이: {gain}; 이 폴드들로는 알 수 "
        "없습니다."
    ),
    "The last ten epochs against the first ten, there: {gain}, a real difference.": (
        "같은 행에서 마지막 열 에포크와 처음 열 에포크의 차이: {gain}; 실제로 차이가 있습니다."
    ),
    "The squared error fell from {first:.2f} to {last:.3f}.": (
        "제곱 오차가 {first:.2f}에서 {last:.3f}까지 줄었습니다."
    ),
    "The threshold is right on rows held out: {accuracy} (folds).": (
        "임계값이 따로 떼어 둔 행을 맞힌 비율: {accuracy} (폴드 기준)."
    ),
    "{variant}: right on rows held out {accuracy} (ten folds).": (
        "{variant}: 따로 떼어 둔 행에서 맞힌 비율 {accuracy} (폴드 10개)."
    ),
    "Before training {stuck} of {rows} training rows are wrong with a probability that rounds to "
    "1; behind the layer's sigmoid they teach nothing. Loss of the first epoch: {in_loss:.2f} "
    "with the sigmoid in the loss, {in_layer:.2f} in the layer.": (
        "훈련 전에는 훈련 행 {rows}개 가운데 {stuck}개가 반올림하면 1이 되는 확률로 틀립니다. 층 "
        "안에 시그모이드가 있으면 이런 행에서는 아무것도 배우지 못합니다. 첫 에포크의 손실: "
        "시그모이드가 손실 함수 안에 있으면 {in_loss:.2f}, 층 안에 있으면 {in_layer:.2f}."
    ),
    "At the end they are {apart} apart in accuracy: a real difference.": (
        "끝에서 둘의 정확도 차이: {apart}; 실제로 차이가 있습니다."
    ),
    "At the end they are {apart} apart in accuracy: these folds cannot tell them apart.": (
        "끝에서 둘의 정확도 차이: {apart}; 이 폴드들로는 둘을 구별할 수 없습니다."
    ),
    "{variant}: the loss on rows held out is least at epoch {epoch} ({least:.3f}), and {last:.3f} "
    "at the end: one neuron, too, grows too sure.": (
        "{variant}: 따로 떼어 둔 행의 손실은 {epoch}번째 에포크에서 가장 작고({least:.3f}) "
        "끝에서는 {last:.3f}입니다. 뉴런 하나도 지나치게 확신하게 됩니다."
    ),
    "{variant}: the loss on rows held out is least at epoch {epoch} ({least:.3f}), and {last:.3f} "
    "at the end.": (
        "{variant}: 따로 떼어 둔 행의 손실은 {epoch}번째 에포크에서 가장 작고({least:.3f}) "
        "끝에서는 {last:.3f}입니다."
    ),
    "{name}: {updates:,} updates a network, {seconds:.2f} s for all {networks} of them; loss "
    "{loss} on the {rows} training rows.": (
        "{name}: 신경망마다 업데이트 {updates:,}번, 신경망 {networks}개에 모두 {seconds:.2f}초; "
        "훈련 행 {rows}개의 손실 {loss}."
    ),
    "The least loss there is on these rows: {least:.4f}.": (
        "이 행들에서 가능한 가장 작은 손실: {least:.4f}."
    ),
    "Update for update they go down alike: after 600, batches of 64, 32 and 16 stand at {losses}. "
    "Small batches make more updates in an epoch; single samples end up walking about the least.": (
        "업데이트 횟수로 보면 똑같이 내려갑니다. 600번 뒤 배치 64, 32, 16의 손실은 차례로 "
        "{losses}입니다. 배치가 작으면 한 에포크에 업데이트를 더 많이 하고, 샘플을 하나씩 쓰면 "
        "결국 최솟값 둘레를 맴돕니다."
    ),
    "as measured": "잰 값 그대로",
    "standardised": "표준화",
    "{name}: the weight of mean area goes to and fro over {far} times its range (seeds); right on "
    "rows held out {right} (ten folds, last ten epochs).": (
        "{name}: mean area의 가중치가 오간 거리는 자기 범위의 {far}배(시드 기준); 따로 떼어 둔 "
        "행에서 맞힌 비율 {right} (폴드 10개, 마지막 열 에포크)."
    ),
    "{name}: from epoch to epoch that accuracy moves by {jumps} (standard deviation, over seeds).": (
        "{name}: 그 정확도가 에포크마다 움직이는 폭 {jumps} (표준 편차, 시드 기준)."
    ),
    "Standardising changes the accuracy by {gain} on the same folds: a real difference.": (
        "표준화에 따른 정확도의 변화(같은 폴드): {gain}; 실제로 차이가 있습니다."
    ),
    "Standardising changes the accuracy by {gain} on the same folds: these folds cannot tell.": (
        "표준화에 따른 정확도의 변화(같은 폴드): {gain}; 이 폴드들로는 알 수 없습니다."
    ),
    "The scaler saw the training rows only: their means are 0 (at most {training:.0e}), those of "
    "the rows that validate are up to {validation:.2f} off.": (
        "스케일러는 훈련 행만 보았습니다. 훈련 행의 평균은 0이고(최대 {training:.0e}), 검증 행의 "
        "평균은 0에서 최대 {validation:.2f} 벗어납니다."
    ),
    "{units} units: training loss ends at {training}; validation turns at epoch {epoch} at {turn} "
    "and ends at {end}.": (
        "유닛 {units}개: 훈련 손실의 끝값 {training}; 검증 손실이 돌아서는 에포크 {epoch}, 그때의 "
        "값 {turn}, 끝값 {end}."
    ),
    "Whether it turns at all cannot be told.": "돌아서기는 하는지 알 수 없습니다.",
    "validation, where it turned": "돌아선 때의 검증",
    "validation, last epoch": "마지막 에포크의 검증",
    "{units} units (too few) against 16 on the same seeds, loss of {label}: {verdict}.": (
        "유닛 {units}개(너무 적음)와 16개의 비교, 같은 시드, {label} 손실: {verdict}."
    ),
    "{units} units (more than needed to learn the rows by heart) against 16 on the same seeds, "
    "loss of {label}: {verdict}.": (
        "유닛 {units}개(행을 외우는 데 필요한 것보다 많음)와 16개의 비교, 같은 시드, {label} "
        "손실: {verdict}."
    ),
    "{gap}, cannot tell": "{gap}, 알 수 없음",
    "{gap}, worse": "{gap}, 더 나쁨",
    "{gap}, better": "{gap}, 더 좋음",
    "Logistic": "로지스틱",
    "Linear": "선형",
    "{what} neuron, {penalty}: of {weights} weights {counts} end nearer to zero than {zero:g} "
    "(means over {seeds} seeds).": (
        "{what} 뉴런, {penalty}: 가중치 {weights}개 가운데 0에 {zero:g}보다 가깝게 끝나는 것은 "
        "{counts}입니다(시드 {seeds}개의 평균)."
    ),
    "{count:.3g} at {strength:g}": "강도 {strength:g}에서 {count:.3g}개",
    "Longest against L1 hold out ({strength:g}): {names}.": (
        "L1에 가장 오래 버티는 가중치({strength:g}): {names}."
    ),
    "The linear neuron's weights end within {off:.2g} of scikit-learn's {name}.": (
        "선형 뉴런의 가중치는 scikit-learn의 {name} 값과 {off:.2g} 이내에서 끝납니다."
    ),
    "{folds} folds; each of the {rows} rows validates once.": (
        "폴드 {folds}개; 행 {rows}개가 저마다 한 번씩 검증에 쓰입니다."
    ),
    "Accuracy after the last epoch, with its interval over folds: {accuracy}.": (
        "마지막 에포크 뒤의 정확도와 폴드에 걸친 구간: {accuracy}."
    ),
    "A scaler that sees all rows has means {moved:.3f} deviations from the fold's own. In the "
    "same folds it changes accuracy by {accuracy} and loss by {loss}: {verdict}.": (
        "모든 행을 본 스케일러의 평균은 폴드 자체의 평균에서 표준 편차의 {moved:.3f}배만큼 떨어져 "
        "있습니다. 같은 폴드에서 정확도의 변화는 {accuracy}, 손실의 변화는 {loss}: {verdict}."
    ),
    "Judging each fold at the epoch that was best on its own validation rows changes accuracy by "
    "{difference}: {verdict}.": (
        "각 폴드를 자기 검증 행에서 가장 좋았던 에포크로 평가할 때 정확도의 변화는 {difference}: "
        "{verdict}."
    ),
    "cannot be told from nothing": "없는 것과 구별할 수 없습니다",
    "a leak that can be seen": "눈에 보이는 정보 누출입니다",
    "{study}: validation accuracy after {epochs} epochs {ours}, MLPClassifier {theirs}; "
    "difference {difference}: they cannot be told apart.": (
        "{study}: {epochs} 에포크 뒤의 검증 정확도 {ours}, MLPClassifier {theirs}; 차이 "
        "{difference}: 둘을 구별할 수 없습니다."
    ),
    "{study}: validation accuracy after {epochs} epochs {ours}, MLPClassifier {theirs}; "
    "difference {difference}: they differ.": (
        "{study}: {epochs} 에포크 뒤의 검증 정확도 {ours}, MLPClassifier {theirs}; 차이 "
        "{difference}: 둘은 다릅니다."
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
    "largest of {values} = {result}": "{values} 가운데 최댓값 = {result}",
    "mean of {values} = {result}": "{values}의 평균 = {result}",
    "Keras' layers cross-correlate; the kernel is learnt, so it may as well be learnt turned "
    "round. Largest difference from Keras' own conv and pool: {difference:g}.": (
        "Keras의 층은 교차 상관을 계산합니다. 커널은 학습되는 것이므로 뒤집힌 채로 학습되어도 "
        "상관없습니다. Keras의 합성곱과 풀링 연산과의 가장 큰 차이: {difference:g}."
    ),
}
