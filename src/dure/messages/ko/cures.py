"""Korean for `dure.remedies` and `dure.report.sections.remedies`: cures, why, what they did, and the verdict."""

from __future__ import annotations

_NAMES = {
    "half the units": "유닛 절반",
    "a quarter of the units": "유닛 4분의 1",
    "twice the units": "유닛 2배",
    "batch normalisation": "배치 정규화",
    "layer normalisation": "층 정규화",
    "fitting initialiser": "활성화 함수에 맞는 초기화",
    "cosine schedule": "코사인 스케줄",
    "scaled inputs": "입력 스케일 맞추기",
    "move pictures": "이미지 이동·회전·확대",
    "noise": "노이즈",
    "class weights": "클래스 가중치",
    "fitting loss": "타깃에 맞는 손실 함수",
    "dropout {rate}": "드롭아웃 {rate}",
    "rate x{factor}": "학습률 {factor}배",
    "clip norm {norm}": "기울기 클리핑(노름 {norm})",
    "validation loss (penalties not counted)": "검증 손실(페널티 제외)",
    "test loss (penalties not counted)": "테스트 손실(페널티 제외)",
    "test loss": "테스트 손실",
    "validation accuracy": "검증 정확도",
    "test accuracy": "테스트 정확도",
}

_WHYS = {
    "units that are left out at random cannot lean on one another": (
        "무작위로 빠지는 유닛들은 서로에게 기댈 수 없습니다"
    ),
    "large weights are what learns single rows by heart; a penalty keeps them small": (
        "행 하나하나를 외우는 데에는 큰 가중치가 쓰입니다. 페널티는 가중치를 작게 유지합니다"
    ),
    "fewer units leave less room to learn rows by heart": (
        "유닛이 적으면 행을 외울 여지가 줄어듭니다"
    ),
    "training loss is still high or falling: more units can hold more": (
        "훈련 손실이 아직 높거나 내려가는 중입니다. 유닛이 많으면 더 많이 담을 수 있습니다"
    ),
    "layers whose inputs keep mean and spread are easier to train, whatever lies before": (
        "입력의 평균과 분산이 유지되는 층은 앞에 무엇이 있든 훈련하기 쉽습니다"
    ),
    "a gated cell carries its gradient over many steps, a SimpleRNN loses it": (
        "게이트가 있는 셀은 기울기를 여러 스텝에 걸쳐 전달하지만, SimpleRNN은 잃어버립니다"
    ),
    "He (relu) and Glorot (tanh, sigmoid) keep the spread of signals from layer to layer": (
        "He(relu)와 Glorot(tanh, sigmoid) 초기화는 층을 지나도 신호의 분산을 유지합니다"
    ),
    "relu passes the gradient on whole where sigmoid and tanh are flat": (
        "sigmoid와 tanh가 평평한 곳에서도 relu는 기울기를 그대로 전달합니다"
    ),
    "a unit that leaks below 0 has a gradient there and cannot die": (
        "0 아래에서도 조금 새는 유닛은 거기서도 기울기가 있어 죽지 않습니다"
    ),
    "one huge gradient can no longer throw the weights away": (
        "아주 큰 기울기 하나가 가중치를 망가뜨릴 수 없게 됩니다"
    ),
    "steps that are too large jump over what they look for": (
        "스텝이 너무 크면 찾는 곳을 건너뜁니다"
    ),
    "the loss falls so slowly that larger steps would get further": (
        "손실이 아주 느리게 내려가므로 스텝을 키우면 더 멀리 갈 수 있습니다"
    ),
    "large steps at first, small ones at the end": "처음에는 큰 스텝, 끝에는 작은 스텝으로 갑니다",
    "features of equal spread are learned at one pace; scaled by training rows, inside every fold": "분산이 같은 특성은 같은 속도로 학습됩니다. 폴드마다 훈련 행을 기준으로 맞춥니다",
    "every epoch sees other pictures of the same things": (
        "에포크마다 같은 대상의 다른 이미지를 보게 됩니다"
    ),
    "pixels reach {high}; networks begin with weights made for inputs about 1": (
        "픽셀 값이 {high}까지 올라갑니다. 신경망의 처음 가중치는 1 안팎의 입력에 맞춰져 있습니다"
    ),
    "a rare class counts as much as a common one; the loss over all rows may well rise": (
        "드문 클래스도 흔한 클래스만큼 중요해집니다. 전체 행의 손실은 오히려 오를 수 있습니다"
    ),
    "the pair of last activation and loss that these targets ask for": (
        "이 타깃에 맞는 마지막 활성화 함수와 손실 함수의 짝입니다"
    ),
    "the best single cures together": "하나씩 써서 가장 좋았던 처방들을 함께 씁니다",
}

_DONE = {
    "{layer} from {rate}": "{layer}(이전 {rate})",
    "Dropout({rate}) after {layers}": "{layers} 뒤에 Dropout({rate}) 추가",
    "rate {rate} of {layers}": "{layers}의 비율을 {rate:으로} 변경",
    "{penalty} on the kernels of {layers}": "{layers}의 커널에 {penalty} 적용",
    "{layer} {before} to {after}": "{layer} {before}에서 {after:으로}",
    "units or filters: {changes}": "유닛 또는 필터 수: {changes}",
    "{kind} after {layers}, before its activation where it has one": (
        "{layers} 뒤, 활성화 함수가 있으면 그 앞에 {kind} 추가"
    ),
    "{new} instead of {old} in {layers}": "{layers}에서 {old} 대신 {new} 사용",
    "{what} in {layer}": "{layer}에 {what}",
    "{layer} behind the input": "입력 뒤에 {layer} 추가",
    "pictures turned by up to {degrees} degrees, shifted and zoomed by up to {share}, while "
    "training": "훈련 중에 이미지를 최대 {degrees}도 회전하고 최대 {share} 이동·확대",
    "{activation} in {layer} with {loss}": "{layer}에 {activation}, 손실 함수는 {loss}",
    "learning rate {before} to {after}": "학습률을 {before}에서 {after:으로}",
    "learning rate from {rate} to 0 along a cosine over {steps} steps": (
        "학습률을 {steps}스텝에 걸쳐 코사인을 따라 {rate}에서 0으로"
    ),
    "gradients clipped to a global norm of {norm}": "기울기를 전체 노름 {norm:으로} 클리핑",
    "inputs standardised by each fold's training rows": "폴드마다 훈련 행을 기준으로 입력 표준화",
    "class weights {weights}": "클래스 가중치 {weights}",
    "{names} and {number} more": "{names} 외 {number}개",
    "{one} or {other}": "{one} 또는 {other}",
}

_REFUSED = {
    "'{name}' is a {kind}, a class of its own; only Sequential and functional models can be edited "
    "by their configuration": (
        "'{name}' 모델은 자체 클래스({kind})입니다. Sequential 모델과 함수형 모델만 설정으로 고칠 "
        "수 있습니다"
    ),
    "'{layer}' is a Lambda, whose code Keras does not write down safely; write it as a layer "
    "class": (
        "'{layer}' 층은 Lambda이며, 그 코드는 Keras가 안전하게 저장하지 못합니다. 층 클래스로 작성"
        "하십시오"
    ),
    "'{name}' has no configuration ({error})": "'{name}' 모델에는 설정이 없습니다({error})",
    "there is no layer '{path}'": "'{path}' 층이 없습니다",
    "it has {number} inputs": "입력이 {number}개입니다",
    "Keras refuses the edited network: {error}": "고친 신경망을 Keras가 거부합니다: {error}",
    "'{layer}' is called in places that nothing reads": (
        "'{layer}' 층은 아무도 읽지 않는 곳에서 호출됩니다"
    ),
    "'{layer}' has several outputs": "'{layer}' 층은 출력이 여럿입니다",
    "it has several losses, and a penalty could not be told from them": (
        "손실이 여럿이어서 페널티를 구분할 수 없습니다"
    ),
    "the network is so already": "신경망이 이미 그렇게 되어 있습니다",
    "its output would have shape {new} instead of {old}": (
        "출력의 모양이 {old}에서 {new:으로} 바뀝니다"
    ),
    "its rate follows {schedule}, not one first number": (
        "학습률이 처음 값 하나가 아니라 {schedule:을} 따릅니다"
    ),
    "its rate follows a schedule already": "학습률이 이미 스케줄을 따릅니다",
    "its optimizer has {argument} already": "옵티마이저에 이미 {argument:이} 있습니다",
    "it has no layer with a kernel to penalise": "페널티를 줄 커널이 있는 층이 없습니다",
    "it has no hidden layer whose width is free to change": "너비를 바꿀 수 있는 은닉층이 없습니다",
    "it has no hidden layer that is not normalised yet": "아직 정규화되지 않은 은닉층이 없습니다",
    "no hidden layer has {names} as activation": "활성화 함수가 {names}인 은닉층이 없습니다",
    "its hidden layers have the initialiser for their activation already": (
        "은닉층에 이미 활성화 함수에 맞는 초기화가 쓰이고 있습니다"
    ),
    "it has no SimpleRNN": "SimpleRNN이 없습니다",
    "it has {number} outputs": "출력이 {number}개입니다",
    "its last layer is {kind}, not an activation by name": (
        "마지막 층이 {kind}이며, 이름으로 정한 활성화 함수가 아닙니다"
    ),
    "it has no hidden layer": "은닉층이 없습니다",
    "there is no layer before the output": "출력 앞에 층이 없습니다",
}

_AILS = {
    "Training is ahead of validation by {ahead} at a validation loss of {lowest}, so much is "
    "learnt by heart.": (
        "검증 손실이 {lowest}일 때 훈련이 검증을 {ahead}만큼 앞섭니다. 그만큼 외운 것입니다."
    ),
    "Validation loss turns about epoch {turn} and is up by {up} at epoch {end}.": (
        "검증 손실은 {turn}번째 에포크쯤에서 다시 오르기 시작해, {end}번째 에포크에는 {up}만큼 높아"
        "집니다."
    ),
    "Training is ahead of validation by {ahead} at a validation loss of {lowest}, so much is "
    "learnt by heart; validation loss turns about epoch {turn} and is up by {up} at epoch {end}.": (
        "검증 손실이 {lowest}일 때 훈련이 검증을 {ahead}만큼 앞섭니다. 그만큼 외운 것입니다. 검증 "
        "손실은 {turn}번째 에포크쯤에서 다시 오르기 시작해, {end}번째 에포크에는 {up}만큼 높아집니"
        "다."
    ),
}

_VERDICT = {
    "Round 1: each cure on its own": "1라운드: 처방을 하나씩",
    "Round 2, new seeds: the best cures and their combinations": (
        "2라운드, 새로운 시드: 가장 좋은 처방들과 그 조합"
    ),
    "Check, new seeds that chose nothing: the winner": (
        "확인, 선택에 쓰지 않은 새로운 시드: 가장 좋은 처방"
    ),
    "cure": "처방",
    "at the best epoch": "가장 좋은 에포크에서",
    "at the last epoch": "마지막 에포크에서",
    "better in": "더 좋은 비율",
    "adjusted p": "보정된 p",
    "time": "시간",
    "weights": "가중치",
    "No cure holds. '{name}' came best out of the rounds, but on {seeds} that chose nothing its "
    "{metric} differs from that of the network as it is by {interval}: {undecided}": (
        "효과가 확인된 처방은 없습니다. 라운드에서는 '{name}' 처방이 가장 좋았지만, 선택에 쓰지 않은 "
        "{seeds}에서 원래 신경망과의 {metric} 차이는 {interval}입니다. {undecided}"
    ),
    "'{name}' helps.": "'{name}' 처방이 효과가 있습니다.",
    "On {seeds} that chose nothing it changes the {metric} by {interval}, better in {wins} of the "
    "pairs; an epoch takes {times} the time.": (
        "선택에 쓰지 않은 {seeds}에서 {metric} 값을 {interval}만큼 바꾸며, 짝지은 비교의 {wins}에서 더 "
        "좋습니다. 에포크당 시간은 {times}입니다."
    ),
    "Of {of} networks {before} are lost as it is, {after} with it.": (
        "신경망 {of}개 중 원래대로는 {before}개, 처방을 쓰면 {after}개가 탈락합니다."
    ),
    "Stopping early does help: EarlyStopping(patience={patience}, restore_best_weights=True) "
    "changes the {metric} of what fit leaves behind by {gain}, in {share} of the epochs.": (
        "조기 종료는 효과가 있습니다. EarlyStopping(patience={patience}, "
        "restore_best_weights=True)을 쓰면 fit이 남기는 신경망의 {metric} 값이 {gain}만큼 바뀌고, "
        "에포크는 전체의 {share}만 듭니다."
    ),
    "What was done: {what}.": "바꾼 것: {what}.",
    "On {rows} test rows, looked at only now: {metric} {best} at its best epoch, not {left} as fit "
    "leaves it: {gained}.": (
        "이제야 처음 확인한 테스트 데이터 {rows}행에서 {metric} 값은 가장 좋은 에포크에서 {best}, fit이 "
        "끝난 상태에서 {left}입니다. 차이는 {gained}입니다."
    ),
    "On {rows} test rows, looked at only now: {metric} {winner}, not {best}: {difference}, which "
    "these test rows and seeds cannot tell from none; as fit leaves the network at its last epoch "
    "it is {left}.": (
        "이제야 처음 확인한 테스트 데이터 {rows}행에서 {metric} 값은 처방을 쓰면 {winner}, 쓰지 않으면 "
        "{best}입니다. 차이는 {difference}이며, 이 테스트 행과 시드로는 차이가 없는 것과 구별할 수 "
        "없습니다. fit이 끝난 그대로의 원래 신경망(마지막 에포크)에서는 {left}입니다."
    ),
    "On {rows} test rows, looked at only now: {metric} {winner}, not {best}: {difference}; as fit "
    "leaves the network at its last epoch it is {left}.": (
        "이제야 처음 확인한 테스트 데이터 {rows}행에서 {metric} 값은 처방을 쓰면 {winner}, 쓰지 않으면 "
        "{best}입니다. 차이는 {difference}입니다. fit이 끝난 그대로의 원래 신경망(마지막 에포크)에서는 "
        "{left}입니다."
    ),
    "Nothing was tried: no cure suits this network ({refused}).": (
        "아무것도 시도하지 않았습니다. 이 신경망에 맞는 처방이 없습니다({refused})."
    ),
    "Nothing was tried: there is no cure known for what was found.": (
        "아무것도 시도하지 않았습니다. 발견된 문제에 알려진 처방이 없습니다."
    ),
    "Nothing was tried: nothing is known to ail this network. To try a few general cures all the "
    "same: study.cure(anyway=True), or --anyway.": (
        "아무것도 시도하지 않았습니다. 이 신경망에서 알려진 문제를 찾지 못했습니다. 그래도 일반적인 "
        "처방 몇 가지를 시도하려면 study.cure(anyway=True) 또는 --anyway를 쓰십시오."
    ),
    "None of {number} cures is better than the network as it is, on {seeds}": (
        "{seeds}에서 처방 {number}개 중 원래 신경망보다 나은 것은 없습니다"
    ),
    "The 1 cure that was tried is not better than the network as it is, on {seeds}": (
        "{seeds}에서 시도한 처방 1개는 원래 신경망보다 낫지 않습니다"
    ),
    "{none}: of {of} networks {before} are lost as it is, and {after} with the best, '{name}'; too "
    "few sound networks to tell more.": (
        "{none}. 신경망 {of}개 중 원래대로는 {before}개, 가장 나은 '{name}' 처방으로는 {after}개가 "
        "탈락했습니다. 온전한 신경망이 너무 적어 더는 말할 수 없습니다."
    ),
    "{none}; the best, '{name}', differs by {interval} in {metric}: {undecided}": (
        "{none}. 가장 나은 '{name}' 처방의 {metric} 차이는 {interval}입니다. {undecided}"
    ),
    "worse.": "더 나쁩니다.",
    "too few sound networks to tell.": "온전한 신경망이 너무 적어 판단할 수 없습니다.",
    "too few seeds for a test, {number} more at least.": (
        "검정하기에는 시드가 너무 적어, 적어도 {number}개가 더 필요합니다."
    ),
    "so small a difference that no sensible number of seeds would tell it from none.": (
        "차이가 너무 작아, 시드를 웬만큼 늘려서는 차이가 없는 것과 구별할 수 없습니다."
    ),
    "about 1 more seed would settle it.": "시드를 1개쯤 더 쓰면 판가름 날 것입니다.",
    "about {number} more seeds would settle it.": "시드를 {number}개쯤 더 쓰면 판가름 날 것입니다.",
    "Change of the {metric}, cure minus network as it is, paired by seed and fold, with 95 % "
    "intervals; ranked at each network's best epoch. The best of many looks better in its own "
    "round than it is; the check is on seeds that chose nothing.": (
        "{metric} 값의 변화(처방 빼기 원래 신경망)를 시드와 폴드로 짝지어 95 % 구간과 함께 보입니"
        "다. 순위는 각 신경망의 가장 좋은 에포크에서 매깁니다. 여럿 중 가장 좋은 것은 그 라운드에서 "
        "실제보다 좋아 보입니다. 확인은 선택에 쓰지 않은 시드로 합니다."
    ),
    "Verdicts are those of dure compare, corrected for all cures of a round, so a round of few "
    "seeds has none; what loses no more networks and has a 90 % interval on the better side of 0 "
    "goes on to the next.": (
        "판정은 dure compare와 같은 규칙으로 내리며 한 라운드의 모든 처방에 대해 보정하므로, 시드가 적은 "
        "라운드에서는 판정이 나지 않습니다. 신경망이 더 탈락하지 않고 90 % 구간이 0보다 좋은 쪽에 있는 처방이 "
        "다음 라운드로 올라갑니다."
    ),
    "Not tried, for they do not suit this network:": "이 신경망에 맞지 않아 시도하지 않은 처방:",
    "Beyond the number of trials allowed: {names}.": "허용된 시도 횟수를 넘은 처방: {names}.",
    "{verdict}, {lost} of {of} lost": "{verdict}, {of}개 중 {lost}개 탈락",
    "With the cure, stop early all the same: the epoch restored by EarlyStopping(patience="
    "{patience}, restore_best_weights=True) differs from the last one by {gain} in {metric}, after "
    "{share} of the epochs. Networks here are compared, and handed back, at their best epoch "
    "already.": (
        "처방을 쓰더라도 조기 종료를 하십시오. EarlyStopping(patience={patience}, "
        "restore_best_weights=True)으로 되돌린 에포크와 마지막 에포크의 {metric} 차이는 {gain}이며, "
        "에포크는 전체의 {share}만 듭니다. 여기서 신경망은 이미 가장 좋은 에포크에서 비교하고 돌려"
        "줍니다."
    ),
    "All of it is in {folder}: cured.py (build), verdict.json, pictures/, the rounds.": (
        "모든 결과는 {folder}에 있습니다: cured.py(build), verdict.json, pictures/, 각 라운드."
    ),
    "{factor}x": "{factor}배",
}

_REPORT = {
    "Cures": "처방",
    "What ails it:": "이 신경망의 문제:",
    "{number} cure": "처방 {number}개",
    "{number} cures": "처방 {number}개",
    "Search for cures of '{variant}': {cures} tried": (
        "'{variant}' 변형의 처방 찾기: {cures} 시도"
    ),
    "difference in {metric} (left is better)": "{metric} 차이 (왼쪽이 더 좋음)",
    "difference in {metric} (right is better)": "{metric} 차이 (오른쪽이 더 좋음)",
    "measured": "측정값",
    "as fit leaves it": "fit이 끝난 상태",
    "at its best epoch": "가장 좋은 에포크",
    "with the cure": "처방을 쓰면",
    "cure against best epoch": "처방과 가장 좋은 에포크의 차이",
    "handed back against fit": "돌려준 신경망과 fit이 끝난 상태의 차이",
    "On {rows} test rows, looked at only when the choice was made": (
        "선택이 끝난 뒤에야 처음 확인한 테스트 데이터 {rows}행에서"
    ),
    "This round in numbers": "이 라운드의 수치",
    "Why these cures": "이 처방들을 고른 이유",
    "What was not tried": "시도하지 않은 처방",
    "The network with the cure is in cured.py, as source to read and to paste:": (
        "처방을 쓴 신경망은 읽고 붙여 넣을 수 있는 소스로 cured.py에 있습니다."
    ),
    "The network as it is stands in cured.py, as source to read and to paste:": (
        "원래 신경망은 읽고 붙여 넣을 수 있는 소스로 cured.py에 있습니다."
    ),
    "Its best trained network is that of seed {seed}, fold {fold}, at epoch {epoch}:": (
        "그중 가장 잘 훈련된 신경망은 시드 {seed}, 폴드 {fold}, {epoch}번째 에포크의 것입니다."
    ),
    "The search is in {folder}: cured.py, verdict.json, pictures, and every round as a run "
    "folder.": (
        "처방 찾기의 결과는 {folder}에 있습니다: cured.py, verdict.json, 그림, 그리고 라운드마다 "
        "실행 폴더 하나."
    ),
}

TEXTS: dict[str, str] = _NAMES | _WHYS | _DONE | _REFUSED | _AILS | _VERDICT | _REPORT
