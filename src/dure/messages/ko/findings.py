"""Korean for `dure.analysis.diagnostics`: what ails a network, and what to try."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Lanes
    "in the only lane": "하나뿐인 레인에서",
    "in all {of} lanes": "레인 {of}개 모두에서",
    "in {seen} of {of} lanes": "레인 {of}개 중 {seen}개에서",
    # NaN
    "{variant}: the loss was NaN or infinite {where} (at epoch {epoch}, the median), and they "
    "stopped there; {origin}": (
        "{variant}: {where} 손실이 NaN이나 무한대가 되어 훈련이 멈췄습니다(멈춘 에포크의 중앙값 "
        "{epoch}). {origin}"
    ),
    "where it came from first could not be examined": (
        "어디에서 처음 나왔는지는 조사할 수 없었습니다"
    ),
    "it was seen first {place}, at step {step} of epoch {epoch} (the one examined)": (
        "{place} 처음 나타났습니다(에포크 {epoch}, 스텝 {step}, 레인 하나를 조사)"
    ),
    "it was seen first {place}, at step {step} of epoch {epoch} ({seen} of {of} examined)": (
        "{place} 처음 나타났습니다(에포크 {epoch}, 스텝 {step}, 조사한 레인 {of}개 중 {seen}개)"
    ),
    "in the output of {layer}": "{layer}의 출력에서",
    "in the gradient of {layer}": "{layer}의 기울기에서",
    "in the weights of {layer}": "{layer}의 가중치에서",
    "in the loss itself": "손실 자체에서",
    "the network": "신경망",
    ". Look for a logarithm or division by 0 there, or try clipnorm and a lower rate.": (
        ". 로그를 취하거나 0으로 나누는 곳이 있는지 찾아보고, clipnorm과 더 낮은 학습률도 시도해 "
        "보세요."
    ),
    ". In one of them the loss had grown to {by} times its first value before, as with a rate too "
    "high; a tenth of the rate, or clipnorm, is the first to try.": (
        ". 그중 하나에서는 그 전에 손실이 처음 값의 {by}배로 커졌는데, 학습률이 너무 높을 때 흔한 "
        "일입니다. 먼저 학습률을 10분의 1로 낮추거나 clipnorm을 써 보세요."
    ),
    ". In {grew} of them the loss had grown to {by} times its first value before, as with a rate "
    "too high; a tenth of the rate, or clipnorm, is the first to try.": (
        ". 그중 {grew}개에서는 그 전에 손실이 처음 값의 {by}배로 커졌는데, 학습률이 너무 높을 때 "
        "흔한 일입니다. 먼저 학습률을 10분의 1로 낮추거나 clipnorm을 써 보세요."
    ),
    # Loss and last activation
    "{variant}: loss and last activation do not fit ({pair}): {wrong}": (
        "{variant}: 손실 함수와 마지막 활성화 함수가 서로 맞지 않습니다({pair}). {wrong}"
    ),
    "{variant}: loss and last activation of output {output} do not fit ({pair}): {wrong}": (
        "{variant}: 출력 {output}의 손실 함수와 마지막 활성화 함수가 서로 맞지 않습니다({pair}). "
        "{wrong}"
    ),
    "no activation with {loss}": "활성화 없음, 손실 {loss}",
    "{activation} with {loss}": "활성화 {activation}, 손실 {loss}",
    "a softmax over one unit is always 1, whatever the input, so nothing can be learned; use "
    "activation='sigmoid' for two classes, or a unit for each class.": (
        "유닛이 하나인 softmax는 입력이 무엇이든 항상 1이므로 아무것도 학습할 수 없습니다. "
        "클래스가 둘이면 activation='sigmoid'를 쓰고, 더 많으면 클래스마다 유닛을 하나씩 두세요."
    ),
    "with one unit this loss is always 0, so nothing can be learned; use a unit for each class "
    "with softmax, or 'sigmoid' with binary_crossentropy.": (
        "유닛이 하나면 이 손실은 항상 0이므로 아무것도 학습할 수 없습니다. 클래스마다 유닛을 "
        "하나씩 두고 softmax를 쓰거나, 'sigmoid'와 binary_crossentropy를 쓰세요."
    ),
    "from_logits=True applies a {again} by itself, so the {activation} comes before it and the "
    "network can never be sure; leave out either from_logits=True or the activation.": (
        "from_logits=True는 손실 안에서 {again}를 스스로 적용합니다. 그 앞에 {activation} 활성화가 "
        "또 있으면 신경망은 결코 확신하는 답을 낼 수 없습니다. from_logits=True와 활성화 함수 중 "
        "하나를 빼세요."
    ),
    "this loss takes probabilities, and what comes is cut to between 0 and 1, with no gradient "
    "beyond; set from_logits=True, or end with activation='{needed}'.": (
        "이 손실 함수는 확률을 받습니다. 들어온 값은 0과 1 사이로 잘리고 그 밖에서는 기울기가 "
        "없습니다. from_logits=True로 하거나 마지막 층에 activation='{needed}'를 쓰세요."
    ),
    "each sigmoid answers by itself, and Keras divides them by their sum, for which they were not "
    "made; use activation='softmax'.": (
        "sigmoid는 유닛마다 따로 답하는데, Keras는 그 값들을 합으로 나눕니다. sigmoid는 그렇게 "
        "쓰려고 만든 것이 아닙니다. activation='softmax'를 쓰세요."
    ),
    "binary cross-entropy judges every class by itself, a softmax shares one probability out; use "
    "categorical_crossentropy.": (
        "이진 크로스 엔트로피는 클래스를 하나씩 따로 판정하지만, softmax는 확률 하나를 클래스끼리 "
        "나눕니다. categorical_crossentropy를 쓰세요."
    ),
    "where the network is surely wrong this error has hardly a gradient (the activation is flat "
    "there), so mistakes are mended late; use {right}.": (
        "신경망이 확신하며 틀릴 때 이 오차에는 기울기가 거의 없습니다(활성화 함수가 그곳에서 "
        "평평합니다). 그래서 틀린 답이 늦게 고쳐집니다. {right}를 쓰세요."
    ),
    "classes are learned as numbers, and right answers beyond 1 are punished too; use "
    "activation='sigmoid' with binary_crossentropy.": (
        "클래스를 숫자로 학습하므로 1을 넘는 맞는 답에도 벌점이 붙습니다. activation='sigmoid'와 "
        "binary_crossentropy를 쓰세요."
    ),
    "{classes} classes are learned as one number, as if class 2 lay between 1 and 3; if they are "
    "no amounts, use Dense({classes}, activation='softmax') with "
    "sparse_categorical_crossentropy.": (
        "클래스 {classes}개를 숫자 하나로 학습합니다. 클래스 2가 1과 3 사이에 있다고 보는 "
        "셈입니다. 클래스가 양을 뜻하지 않는다면 Dense({classes}, activation='softmax')와 "
        "sparse_categorical_crossentropy를 쓰세요."
    ),
    "targets run from {low} to {high}, which {activation} ({least} to any size) cannot reach; "
    "leave the last activation out, or scale the targets.": (
        "타깃은 {low}에서 {high}까지인데, {activation}의 출력({least} 이상)은 거기에 닿을 수 "
        "없습니다. 마지막 활성화 함수를 빼거나 타깃의 스케일을 맞추세요."
    ),
    "targets run from {low} to {high}, which {activation} ({least} to {most}) cannot reach; leave "
    "the last activation out, or scale the targets.": (
        "타깃은 {low}에서 {high}까지인데, {activation}의 출력({least}에서 {most}까지)은 거기에 "
        "닿을 수 없습니다. 마지막 활성화 함수를 빼거나 타깃의 스케일을 맞추세요."
    ),
    "a hinge wants outputs beyond -1 and 1, and {activation} stays between 0 and 1; leave the last "
    "activation out.": (
        "힌지 손실에는 -1과 1을 넘어서는 출력이 필요한데, {activation}의 출력은 0과 1 사이에 "
        "머뭅니다. 마지막 활성화 함수를 빼세요."
    ),
    "Poisson's loss takes the logarithm of the output, which must not be negative; end with "
    "activation='softplus' or 'exponential'.": (
        "푸아송 손실은 출력의 로그를 취하므로 출력이 음수이면 안 됩니다. 마지막 층에 "
        "activation='softplus'나 'exponential'을 쓰세요."
    ),
    # Chance
    "{variant}: {metric} is {value}, no better than the {chance} of one who never looks at the "
    "inputs ({where})": (
        "{variant}: {metric} 값이 {value}입니다. 입력을 전혀 보지 않고 답할 때의 {chance}보다 "
        "나을 것이 없습니다({where})"
    ),
    "; the training rows are learned by heart ({metric} {value}): labels may be shuffled, or the "
    "inputs hold nothing about them": (
        ". 훈련 행은 통째로 외웠습니다({metric} {value}). 레이블이 뒤섞였거나, 입력에 레이블에 "
        "관한 정보가 없는지도 모릅니다"
    ),
    "; training has only {metric} {value}": ". 훈련에서도 {metric} 값은 {value}에 그칩니다",
    "; nor does it learn the training rows ({metric} {value})": (
        ". 훈련 행도 학습하지 못합니다({metric} {value})"
    ),
    ". {unseen} validation rows are of classes that no training row has: rows are sorted by class; "
    "shuffle them, or use folds.": (
        ". 검증 행 {unseen}개의 클래스가 훈련 행에는 하나도 없습니다. 행이 클래스 순서로 정렬되어 "
        "있으니 섞거나 폴드를 쓰세요."
    ),
    ". See that labels belong to their rows, then look at the findings about training.": (
        ". 레이블이 제 행과 짝이 맞는지 확인한 다음, 훈련에 관한 소견을 살펴보세요."
    ),
    # Gradients
    "{variant}: the gradient vanishes on its way back {where}: from {last} to {least} it shrinks "
    "to {ratio} of its size, by a factor of {factor} a layer, and from {begins} back it is below a "
    "hundredth; try relu with He initialisation, batch normalisation, or fewer layers.": (
        "{variant}: {where} 기울기가 뒤로 전달되면서 사라집니다. 층 {last}에서 층 {least}까지 가는 "
        "동안 크기가 {ratio}배로 줄고(층마다 {factor}배), 층 {begins}부터 입력 쪽으로는 100분의 "
        "1에도 미치지 못합니다. relu와 He 초기화, 배치 정규화, 더 적은 층을 시도해 보세요."
    ),
    "{variant}: the gradient explodes on its way back {where}: at {largest} it is {ratio} times "
    "that at {last}; try clipnorm=1, smaller first weights, or batch normalisation.": (
        "{variant}: {where} 기울기가 뒤로 전달되면서 폭주합니다. 층 {largest}의 기울기는 층 "
        "{last}에서보다 {ratio}배 큽니다. clipnorm=1, 더 작은 초기 가중치, 배치 정규화를 시도해 "
        "보세요."
    ),
    "{variant}: the gradient explodes by the weights {where}: at {largest} it is {ratio} times "
    "that at {last}; try clipnorm=1, smaller first weights, or batch normalisation.": (
        "{variant}: {where} 가중치에 대한 기울기가 폭주합니다. 층 {largest}의 기울기는 층 "
        "{last}에서보다 {ratio}배 큽니다. clipnorm=1, 더 작은 초기 가중치, 배치 정규화를 시도해 "
        "보세요."
    ),
    "{variant}: {layer} does not learn {where}: one step changes its weights by {mine} of their "
    "size, those of the other layers by {others}; see whether the loss reaches it": (
        "{variant}: {where} 층 {layer}의 학습이 이루어지지 않습니다. 한 스텝에 이 층의 가중치는 "
        "제 크기의 {mine}배, 다른 층의 가중치는 {others}배만큼 바뀝니다. 손실의 기울기가 이 층에 "
        "닿는지 확인하세요"
    ),
    " (its gradient is exactly 0).": "(이 층의 기울기는 정확히 0입니다).",
    # Units
    "{variant}: {share} of the {units} units of {layer} are dead {where}: they give the same for "
    "every row, so no gradient can wake them": (
        "{variant}: {where} 층 {layer}의 유닛 {units}개 중 죽은 유닛이 {share}입니다. 이 유닛들은 "
        "어느 행에나 같은 값을 내므로 기울기로 되살아날 수 없습니다"
    ),
    "{variant}: {share} of the units of {layer} are dead {where}: they give the same for every "
    "row, so no gradient can wake them": (
        "{variant}: {where} 층 {layer}의 유닛 중 죽은 유닛이 {share}입니다. 이 유닛들은 어느 "
        "행에나 같은 값을 내므로 기울기로 되살아날 수 없습니다"
    ),
    "{variant}: {share} of the outputs of {layer} lie at the flat ends of its {activation} "
    "{where}, where hardly any gradient passes": (
        "{variant}: {where} 층 {layer}의 출력 중 활성화 함수 {activation}의 평평한 끝에 놓인 것이 "
        "{share}입니다. 그곳에서는 기울기가 거의 전달되지 않습니다"
    ),
    "{variant}: {share} of the outputs of {layer} lie at the flat ends of its activation {where}, "
    "where hardly any gradient passes": (
        "{variant}: {where} 층 {layer}의 출력 중 활성화 함수의 평평한 끝에 놓인 것이 "
        "{share}입니다. 그곳에서는 기울기가 거의 전달되지 않습니다"
    ),
    "; try a lower rate, He initialisation, or leaky_relu.": (
        ". 더 낮은 학습률, He 초기화, leaky_relu를 시도해 보세요."
    ),
    " (before training {share} already); see its bias and initialiser (He), and that inputs are "
    "scaled.": (
        ". 훈련 전에 이미 {share}였으니, 이 층의 편향과 초기화 방법(He)을 살펴보고 입력의 스케일이 "
        "맞는지 확인하세요."
    ),
    "; try smaller first weights, scaled inputs, or batch normalisation before it.": (
        ". 초기 가중치를 더 작게 하거나, 입력의 스케일을 맞추거나, 이 층 앞에 배치 정규화를 넣어 "
        "보세요."
    ),
    " (before training {share} already); try smaller first weights, scaled inputs, or batch "
    "normalisation before it.": (
        ". 훈련 전에 이미 {share}였습니다. 초기 가중치를 더 작게 하거나, 입력의 스케일을 맞추거나, "
        "이 층 앞에 배치 정규화를 넣어 보세요."
    ),
    # Learning rate
    "the rate": "학습률",
    "the rate ({optimizer}, {rate})": "학습률({optimizer}, {rate})",
    "{variant}: {rate} is too high {where}: {a}. Try a third or a tenth of it.": (
        "{variant}: {where} {rate}이 너무 높습니다. {a}. 학습률을 3분의 1이나 10분의 1로 낮춰 보세요."
    ),
    "{variant}: {rate} is too high {where}: {a}; {b}. Try a third or a tenth of it.": (
        "{variant}: {where} {rate}이 너무 높습니다. {a}. {b}. 학습률을 3분의 1이나 10분의 1로 낮춰 "
        "보세요."
    ),
    "{variant}: {rate} is too high {where}: {a}; {b}; {c}. Try a third or a tenth of it.": (
        "{variant}: {where} {rate}이 너무 높습니다. {a}. {b}. {c}. 학습률을 3분의 1이나 10분의 1로 "
        "낮춰 보세요."
    ),
    "{variant}: {rate} is too high {where}: {a}; {b}; {c}; {d}. Try a third or a tenth of it.": (
        "{variant}: {where} {rate}이 너무 높습니다. {a}. {b}. {c}. {d}. 학습률을 3분의 1이나 10분의 "
        "1로 낮춰 보세요."
    ),
    "{variant}: {rate} is too high {where}: {a}; {b}; {c}; {d}; {e}. Try a third or a tenth of "
    "it.": (
        "{variant}: {where} {rate}이 너무 높습니다. {a}. {b}. {c}. {d}. {e}. 학습률을 3분의 1이나 "
        "10분의 1로 낮춰 보세요."
    ),
    "the loss grew to {by} times its first value and beyond all numbers": (
        "손실이 처음 값의 {by}배로 커진 끝에 수의 범위를 벗어났습니다"
    ),
    "training ends with a loss of {end}, worse than the {start} before it": (
        "훈련이 끝났을 때의 손실 {end:은} 훈련 전의 {start}보다 나쁩니다"
    ),
    "the training loss jumps up by {height} of all it ever fell": (
        "훈련 손실이 그동안 줄어든 폭의 {height}만큼 튀어 오릅니다"
    ),
    "{share} of the measured steps made the loss of their own rows larger": (
        "측정한 스텝의 {share}에서, 그 스텝에 쓴 바로 그 행들의 손실이 오히려 커졌습니다"
    ),
    "one step changes the weights by {size} of their size": (
        "한 스텝에 가중치가 제 크기의 {size}만큼 바뀝니다"
    ),
    "{variant}: {rate} is too low {where}: {course}. Try 3 or 10 times the rate.": (
        "{variant}: {where} {rate}이 너무 낮습니다. {course}. 학습률을 3배나 10배로 높여 보세요."
    ),
    "the training loss hardly falls, and {left} of the first loss is left at the end": (
        "훈련 손실이 거의 줄지 않아 끝에도 처음 손실의 {left}배가 남아 있습니다"
    ),
    "the training loss falls in a straight line, in the last third of the epochs by {late} of what "
    "it fell in the first third, and {left} of the first loss is left at the end": (
        "훈련 손실이 직선으로 줄고 있습니다. 마지막 3분의 1 에포크 동안에도 처음 3분의 1 동안 "
        "줄어든 폭의 {late}만큼 줄었고, 끝에도 처음 손실의 {left}배가 남아 있습니다"
    ),
    "; one step changes the weights of no layer by more than {update} of their size (about 1e-3 is "
    "usual)": (
        ". 한 스텝에 가중치가 제 크기의 {update}배보다 많이 바뀌는 층이 없습니다(보통은 1e-3배 "
        "정도입니다)"
    ),
    # Seeds
    "{variant}: seed {seeds} behaves unlike the others: {how}; look at that lane's curve: a start "
    "that depends on luck asks for a lower rate or another initialiser.": (
        "{variant}: 시드 {seeds:이} 나머지와 다르게 움직입니다. {how}. 그 레인의 곡선을 "
        "살펴보세요. 출발이 운에 달려 있다면 학습률을 낮추거나 초기화 방법을 바꿔야 합니다."
    ),
    "{variant}: seeds {seeds} behave unlike the others: {how}; look at that lane's curve: a start "
    "that depends on luck asks for a lower rate or another initialiser.": (
        "{variant}: 시드 {seeds:이} 나머지와 다르게 움직입니다. {how}. 그 레인들의 곡선을 "
        "살펴보세요. 출발이 운에 달려 있다면 학습률을 낮추거나 초기화 방법을 바꿔야 합니다."
    ),
    "the best {metric} is {odd} there, {others} in the median of the others ({low} to {high})": (
        "가장 좋은 {metric} 값이 거기서는 {odd}, 나머지의 중앙값은 {others}입니다({low}에서 "
        "{high}까지)"
    ),
    "along the epochs its {metric} is {times} times as far from the median curve as the others' "
    "are": (
        "에포크를 따라 보면 {metric} 곡선이 중앙값 곡선에서 떨어진 거리가 나머지의 {times}배입니다"
    ),
    # Overfitting and underfitting
    "{variant}: it overfits: validation loss is lowest at epoch {turn}, and training on to epoch "
    "{end} gives away {given_away} of it ({share}); stop there (EarlyStopping), or try Dropout, "
    "more data, or a smaller network.": (
        "{variant}: 과대적합입니다. 검증 손실이 가장 낮은 에포크는 {turn}인데, 에포크 {end}까지 더 "
        "훈련하는 동안 {given_away}만큼 나빠졌습니다({share}). 거기서 멈추거나(EarlyStopping), "
        "드롭아웃, 더 많은 데이터, 더 작은 신경망을 시도해 보세요."
    ),
    "{variant}: it underfits: validation loss still falls at the end, by {change} ({share}) over "
    "the last quarter of {end} epochs; {remedy}": (
        "{variant}: 과소적합입니다. 검증 손실이 끝까지 줄고 있습니다. {end} 에포크 중 마지막 "
        "4분의 1 동안의 변화는 {change}입니다({share}). {remedy}"
    ),
    "give it about {more} more epochs, or a higher rate.": (
        "약 {more} 에포크를 더 훈련하거나 학습률을 높여 보세요."
    ),
    "give it many more epochs, or a higher rate.": (
        "에포크를 훨씬 더 늘리거나 학습률을 높여 보세요."
    ),
    # Data
    "The inputs are not scaled: {how}": "입력의 스케일이 맞지 않습니다. {how}",
    "The inputs {which} are not scaled: {how}": "입력 {which}의 스케일이 맞지 않습니다. {how}",
    "{variant}: the inputs are not scaled: {how}": (
        "{variant}: 입력의 스케일이 맞지 않습니다. {how}"
    ),
    "{variant}: the inputs {which} are not scaled: {how}": (
        "{variant}: 입력 {which}의 스케일이 맞지 않습니다. {how}"
    ),
    "one feature goes up to {large}, another only to {small}, {apart} times less, so no rate suits "
    "both; standardise them, as with Data(prepare=StandardScaler()).": (
        "{large}까지 커지는 특성도 있고 {small}까지만 가는 특성도 있어 {apart}배나 차이가 나므로, "
        "둘 다에 맞는 학습률이 없습니다. Data(prepare=StandardScaler())처럼 표준화하세요."
    ),
    "they run from {low} to {high} (mean {mean}, deviation {deviation}), and first weights are "
    "drawn for values about 1; divide them by 255, or begin the network with a Rescaling or "
    "Normalization layer.": (
        "값이 {low}에서 {high}까지인데(평균 {mean}, 표준편차 {deviation}), 초기 가중치는 1 안팎의 "
        "값에 맞게 뽑습니다. 255로 나누거나, 신경망의 첫 층으로 Rescaling이나 Normalization 층을 "
        "두세요."
    ),
    "they run from {low} to {high} (mean {mean}, deviation {deviation}), and first weights are "
    "drawn for values about 1; standardise them, or begin the network with a Rescaling or "
    "Normalization layer.": (
        "값이 {low}에서 {high}까지인데(평균 {mean}, 표준편차 {deviation}), 초기 가중치는 1 안팎의 "
        "값에 맞게 뽑습니다. 표준화하거나, 신경망의 첫 층으로 Rescaling이나 Normalization 층을 "
        "두세요."
    ),
    "The classes are unbalanced: class {commonest} has {many} of {rows} training rows, class "
    "{rarest} only {few}; always saying the commonest has an accuracy of {share}, so read "
    "accuracies against that, and weigh the classes (class_weight) if the rare ones matter.": (
        "클래스가 불균형합니다. 훈련 행 {rows}개 중 클래스 {commonest}에 속한 것은 {many}개인데, "
        "클래스 {rarest}에 속한 것은 {few}개뿐입니다. 늘 가장 흔한 클래스로만 답해도 정확도가 "
        "{share}이므로 정확도는 이 값과 견주어 읽으세요. 드문 클래스가 중요하다면 클래스에 "
        "가중치(class_weight)를 주세요."
    ),
}
