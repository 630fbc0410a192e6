"""Korean for `dure.measurements.headlines` and the report's section on what is inside the networks."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # dure.measurements.headlines
    "{number} filters; mean {mean}, deviation {std}": (
        "필터 {number}개, 평균 {mean}, 표준 편차 {std}"
    ),
    "{number} units; mean {mean}, deviation {std}": "유닛 {number}개, 평균 {mean}, 표준 편차 {std}",
    "{name}: deviation {trained}": "{name}의 표준 편차 {trained}",
    "{name}: deviation {trained} (untrained {untrained})": (
        "{name}의 표준 편차 {trained} (훈련 전 {untrained})"
    ),
    "{shape} a row; {share} of the values are 0": "행마다 {shape}, 값의 {share}가 0",
    "{number} layers, none that can die or saturate": (
        "층 {number}개, 죽거나 포화할 수 있는 층은 없음"
    ),
    "no dead units": "죽은 유닛 없음",
    "most dead units: {share} in {layer}": "죽은 유닛이 가장 많은 층은 {layer} ({share})",
    "no saturated values": "포화된 값 없음",
    "most saturated values: {share} in {layer}": "포화된 값이 가장 많은 층은 {layer} ({share})",
    "none at all in {layer}": "{layer}에는 기울기가 전혀 없음",
    "{norm} in {layer}": "{layer}에서 {norm}",
    "smallest {norm} in {layer}, {times} times below the largest": (
        "{layer}에서 {norm}으로 가장 작고, 가장 큰 층의 {times}분의 1"
    ),
    "0 everywhere": "모든 곳에서 0",
    "half of the map lies on {share} of the input": "맵의 절반이 입력의 {share}에 몰려 있음",
    "{number} words; two axes hold {share}": "단어 {number}개, 두 축이 분산의 {share}를 담음",
    "remembers more than its {steps} steps": "입력의 {steps}단계보다 더 멀리 기억함",
    "remembers more than its {steps} steps in {beyond} of {networks} networks": (
        "신경망 {networks}개 중 {beyond}개가 입력의 {steps}단계보다 더 멀리 기억함"
    ),
    "remembers {horizon} steps back": "{horizon}단계 전까지 기억함",
    "remembers {horizon} steps back, more than {steps} in {beyond} of {networks} networks": (
        "{horizon}단계 전까지 기억함, 신경망 {networks}개 중 {beyond}개는 {steps}단계보다 더 멀리 기억함"
    ),
    "{share} of {rows} rows right": "행 {rows}개 중 맞힌 비율 {share}",
    "mean error {error} over {rows} rows": "행 {rows}개의 평균 오차 {error}",
    "{number} values": "값 {number}개",
    "no mistakes": "틀린 것 없음",
    "most often {true} taken for {said} ({number})": (
        "가장 잦은 혼동은 {true:을} {said:으로} 본 것 ({number})"
    ),
    "{everywhere} of {units} units are found in all {lanes} networks": (
        "유닛 {units}개 중 {everywhere}개가 신경망 {lanes}개 모두에서 발견됨"
    ),
    "all networks agree on {share} of {rows} rows": (
        "행 {rows}개 중 {share}에서 모든 신경망의 예측이 같음"
    ),
    # dure.report.inspection
    "test rows": "테스트 행",
    "validation rows": "검증 행",
    "training rows too": "훈련 행 포함",
    "excerpt": "일부 발췌",
    "Inside the networks": "신경망 내부",
    "Nobody has looked inside these networks yet. Their worst mistakes, their kernels and feature "
    "maps, where they look, how far back they remember and which of their units are dead will "
    "stand here after this command:": (
        "아직 이 신경망들의 내부를 들여다보지 않았습니다. 다음 명령을 실행하면 가장 크게 틀린 예측, "
        "커널과 특성 맵, 신경망이 보는 곳, 기억하는 거리, 죽은 유닛이 여기에 나옵니다:"
    ),
    "The page would have grown too large, so pictures were left out: {titles}. They are in "
    "{folder}.": (
        "페이지가 너무 커지지 않도록 다음 그림을 뺐습니다: {titles}. 그림은 {folder}에 있습니다."
    ),
    "These files can be made again:": "이 파일들은 다음 명령으로 다시 만들 수 있습니다:",
    "{file} cannot be shown: {error}": "{file:은} 보여 줄 수 없습니다: {error}",
    "The rows: {source}.": "사용한 행: {source}.",
    "Measured on one network, {model}.": "신경망 하나({model})에서 측정했습니다.",
    "Measured on one network of variant {variant}, {lane}.": (
        "변형 {variant}의 신경망 하나({lane})에서 측정했습니다."
    ),
    "Measured on {networks} of variant {variant}. Numbers are means over them with their 95 % "
    "interval in brackets; pictures, texts and words are of the first of them, {lane}.": (
        "변형 {variant}의 {networks}에서 측정했습니다. 숫자는 이들의 평균이고 괄호 안은 95 % "
        "구간이며, 그림과 텍스트와 단어는 그중 첫 번째({lane})의 것입니다."
    ),
    "Some arrays are of networks that this run does not hold: {model}.": (
        "일부 배열은 이 실행에 없는 신경망의 것입니다: {model}."
    ),
    "Some arrays are of {measured} of variant {variant}; the run now holds {there}.": (
        "일부 배열은 변형 {variant}의 {measured}에서 측정한 것인데, 지금 실행 폴더에는 {there}가 "
        "있습니다."
    ),
    "Some arrays are older than the weights in the run folder.": (
        "일부 배열이 실행 폴더의 가중치보다 오래되었습니다."
    ),
    "Look again:": "다음 명령으로 다시 측정하십시오:",
    # dure.measurements.stored
    "seed {seed}, fold {fold}": "시드 {seed}, 폴드 {fold}",
    "seed {seed}": "시드 {seed}",
    "row {row}, true class {true}": "행 {row}, 정답 {true}",
    "row {row}, true class {true}, predicted {predicted}": (
        "행 {row}, 정답 {true}, 예측 {predicted}"
    ),
    "row {row}, predicted {predicted}": "행 {row}, 예측 {predicted}",
    "row {row}": "행 {row}",
    # dure.measurements.catalog: names
    "Predictions": "예측",
    "Confusion": "혼동",
    "Kernels of {layer}": "{layer}의 커널",
    "Feature maps of {layer}": "{layer}의 특성 맵",
    "Saliency": "살리언시(saliency)",
    "Grad-CAM at {layer}": "{layer}의 Grad-CAM 맵",
    "Memory": "기억",
    "Neighbours of words": "단어의 이웃",
    "Map of the words": "단어 지도",
    "Agreement of the networks": "신경망들의 일치",
    "Activations": "활성화 값",
    "Gradients by layer": "층별 기울기",
    "Units of {layer} in all networks": "모든 신경망에서 본 {layer}의 유닛",
    "Weights of {layer}": "{layer}의 가중치",
    "Outputs of {layer}": "{layer}의 출력",
    # dure.measurements.catalog: what one learns
    "Each weight carries one input to one unit: red passes it on, blue turns its sign, white "
    "leaves it out.": (
        "가중치 하나는 입력 하나를 유닛 하나에 전합니다. 빨간색은 그대로 전하고, 파란색은 부호를 "
        "뒤집고, 흰색은 무시합니다."
    ),
    "What the units of the layer give for some rows: units that give the same for every row tell "
    "nothing apart.": (
        "몇몇 행에 대한 이 층의 유닛들의 출력입니다. 모든 행에 같은 값을 내는 유닛은 아무것도 "
        "구별하지 못합니다."
    ),
    "The rows that are furthest off say what the network has not learned; see whether they have "
    "something in common.": (
        "가장 크게 빗나간 행들은 신경망이 무엇을 배우지 못했는지 보여 줍니다. 이 행들에 공통점이 "
        "있는지 살펴보십시오."
    ),
    "The score is that of the predicted class, before softmax.": (
        "점수는 예측한 클래스의, 소프트맥스를 거치기 전의 값입니다."
    ),
    "The score is that of the predicted class, before sigmoid.": (
        "점수는 예측한 클래스의, 시그모이드를 거치기 전의 값입니다."
    ),
    "The score is the network's output.": "점수는 신경망의 출력입니다.",
    "A mistake made with high probability tells most: either the network has learned something "
    "wrong, or the label is wrong.": (
        "높은 확률로 틀린 예측이 가장 많은 것을 알려 줍니다. 신경망이 잘못 배웠거나 레이블이 "
        "잘못된 것입니다."
    ),
    "Each line is a true class, each column what was said: large numbers beside the diagonal are "
    "classes that the networks cannot tell apart.": (
        "줄은 정답 클래스이고 열은 예측한 클래스입니다. 대각선 밖의 큰 수는 신경망이 구별하지 "
        "못하는 클래스들입니다."
    ),
    "A kernel is the pattern of weights that a filter looks for: the filter answers strongly where "
    "the input is bright under red and dark under blue. Where training has taught a filter "
    "something, its kernel differs from the untrained one.": (
        "커널은 필터가 찾는 가중치의 무늬입니다. 빨간 자리의 입력이 밝고 파란 자리의 입력이 어두운 "
        "곳에서 필터가 강하게 반응합니다. 필터가 훈련에서 무언가를 배웠다면 커널이 훈련 전과 "
        "달라집니다."
    ),
    "A feature map shows where in the picture one filter answers: bright is strong. A map that is "
    "dark for every picture belongs to a filter that does nothing here.": (
        "특성 맵은 필터 하나가 그림의 어디에 반응하는지 보여 줍니다. 밝을수록 강한 반응입니다. "
        "모든 그림에서 어두운 맵은 여기서 아무 일도 하지 않는 필터의 것입니다."
    ),
    "Saliency is the gradient of the score by each input value: where it is large, a small change "
    "of the input changes the score most.": (
        "살리언시는 각 입력값에 대한 점수의 기울기입니다. 이 값이 큰 곳에서는 입력을 조금만 바꿔도 "
        "점수가 가장 많이 바뀝니다."
    ),
    "Grad-CAM adds up the layer's feature maps, each weighed by how much it raises the score: "
    "bright regions speak for the class.": (
        "Grad-CAM은 층의 특성 맵들을 점수를 얼마나 올리는지에 따라 가중하여 더한 것입니다. 밝은 "
        "영역이 그 클래스의 근거입니다."
    ),
    "Memory is how much each earlier step still moves the output: beyond the horizon the network "
    "may as well not have read.": (
        "기억은 앞선 각 단계가 출력을 아직 얼마나 움직이는지를 뜻합니다. 한계보다 먼 단계는 "
        "신경망이 읽지 않은 것이나 다름없습니다."
    ),
    "Words that are used alike get vectors that point the same way: a cosine of 1 is the same "
    "direction, 0 is no likeness.": (
        "비슷하게 쓰이는 단어는 같은 쪽을 가리키는 벡터를 얻습니다. 코사인이 1이면 같은 방향이고 "
        "0이면 닮은 점이 없습니다."
    ),
    "Each word has a vector of many numbers; the plane shows the two directions in which the words "
    "differ most, so words that lie together here may still differ in others.": (
        "단어마다 많은 숫자로 된 벡터가 있습니다. 평면은 단어들이 가장 크게 다른 두 방향을 "
        "보여 주므로, 여기서 가까운 단어도 다른 방향에서는 다를 수 있습니다."
    ),
    "These networks are built alike and differ only by chance: in their first weights, and in the "
    "order or the fold of their rows. Where they disagree, the answer is partly luck.": (
        "이 신경망들은 구조가 같고 처음 가중치와 행의 순서나 폴드처럼 우연에 따른 것만 다릅니다. "
        "예측이 서로 다른 곳에서는 답에 운이 섞여 있습니다."
    ),
    "A dead unit gives 0 for every row and learns nothing more. A saturated value lies at the end "
    "of what its activation can give, where hardly any gradient passes.": (
        "죽은 유닛은 모든 행에 0을 내고 더는 배우지 않습니다. 포화된 값은 활성화 함수가 낼 수 있는 "
        "값의 끝에 있어 기울기가 거의 통과하지 못합니다."
    ),
    "The gradient tells a layer how to change. Where it shrinks from layer to layer towards the "
    "input it vanishes, and the first layers hardly learn; where it grows, it explodes.": (
        "기울기는 층이 어떻게 바뀌어야 하는지 알려 줍니다. 입력 쪽으로 갈수록 층마다 작아지면 "
        "기울기 소실이라 앞쪽 층이 거의 배우지 못하고, 커지면 기울기 폭주입니다."
    ),
    "Networks number their units each in their own way, so units are matched by what they answer. "
    "What all networks find is in the data; what one finds alone may be chance.": (
        "신경망마다 유닛의 번호가 제각각이므로 유닛이 내는 답을 보고 짝을 지었습니다. 모든 신경망이 "
        "찾은 것은 데이터에 있는 것이고, 하나만 찾은 것은 우연일 수 있습니다."
    ),
    "Training moves weights away from where they started: where both lines lie on each other, the "
    "layer has hardly moved.": (
        "훈련은 가중치를 처음 자리에서 움직입니다. 두 선이 겹치면 그 층은 거의 움직이지 않은 "
        "것입니다."
    ),
}
