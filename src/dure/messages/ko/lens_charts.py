"""Korean for the pictures, charts and tables of the section on what is inside the networks."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # dure.measurements.pictures
    "Red: positive weight, blue: negative, white: 0; the same colours in all of them, up to "
    "{limit} either way.": (
        "빨간색은 양의 가중치, 파란색은 음의 가중치, 흰색은 0입니다. 모두 같은 색 눈금이며 양쪽 "
        "끝은 {limit}입니다."
    ),
    "Each is the mean of its {channels} channels.": "각각 채널 {channels}개의 평균입니다.",
    "Steps downwards, channels across.": "세로는 단계, 가로는 채널입니다.",
    "A unit in each line, an input in each column.": "줄은 유닛, 열은 입력입니다.",
    "The first {shown} of {there} units.": "유닛 {there}개 중 처음 {shown}개입니다.",
    "The first {shown} of {there} inputs.": "입력 {there}개 중 처음 {shown}개입니다.",
    "kernel {place}, trained": "커널 {place}, 훈련 후",
    "kernel {place}, untrained": "커널 {place}, 훈련 전",
    "Trained, the first {shown} of {there}": "훈련 후, {there}개 중 처음 {shown}개",
    "Untrained, with the same seed, the first {shown} of {there}": (
        "훈련 전, 같은 시드, {there}개 중 처음 {shown}개"
    ),
    "Trained": "훈련 후",
    "Untrained, with the same seed": "훈련 전, 같은 시드",
    "all weights, trained": "모든 가중치, 훈련 후",
    "all weights, untrained": "모든 가중치, 훈련 전",
    "Dark: {low}, bright: {high} and above.": "어두운 색은 {low}, 밝은 색은 {high} 이상입니다.",
    "Steps run to the right, a unit in each line.": "가로는 단계, 줄은 유닛입니다.",
    "A row of the data in each line, a unit in each column.": "줄은 데이터의 행, 열은 유닛입니다.",
    "outputs for {row}": "출력, {row}",
    "outputs of all units": "모든 유닛의 출력",
    "What does not fit is left out.": "들어가지 않는 부분은 뺐습니다.",
    "Outputs": "출력",
    "The first {shown} of {there} channels.": "채널 {there}개 중 처음 {shown}개입니다.",
    "the input, {row}": "입력, {row}",
    "input": "입력",
    "channel {channel} for {row}": "채널 {channel}, {row}",
    "Feature maps of {row}": "특성 맵, {row}",
    "the map over {row}": "그림 위의 맵, {row}",
    "what counts": "중요한 곳",
    "Red raises the score, blue lowers it; each map in its own scale, from its largest value "
    "down.": (
        "빨간색은 점수를 올리고 파란색은 내립니다. 맵마다 가장 큰 값을 기준으로 한 눈금입니다."
    ),
    "Bright counts much; each map in its own scale, from its largest value down.": (
        "밝을수록 중요합니다. 맵마다 가장 큰 값을 기준으로 한 눈금입니다."
    ),
    "Pictures, and what counts in them": "그림과 그 안에서 중요한 곳",
    # dure.measurements.words
    "Blue with a line raises the score, orange with dashes lowers it; each text in its own scale, "
    "from its largest value down.": (
        "파란색과 실선은 점수를 올리고 주황색과 점선은 내립니다. 텍스트마다 가장 큰 값을 기준으로 "
        "한 눈금입니다."
    ),
    "The stronger the blue, the more a word counts; each text in its own scale, from its largest "
    "value down.": (
        "파란색이 진할수록 중요한 단어입니다. 텍스트마다 가장 큰 값을 기준으로 한 눈금입니다."
    ),
    "Numbers stand for words that are not known here.": (
        "숫자는 여기서 알 수 없는 단어를 나타냅니다."
    ),
    "Texts, and what counts in them": "텍스트와 그 안에서 중요한 단어",
    "{row}, the last {shown} of {there} words": "{row}, 단어 {there}개 중 마지막 {shown}개",
    "Nearest words in the first of {lanes} networks, with the cosine; in brackets, how many of the "
    "networks have them among their {ranks} nearest.": (
        "신경망 {lanes}개 중 첫 번째에서 가장 가까운 단어와 코사인입니다. 괄호 안은 그 단어가 "
        "가장 가까운 {ranks}개에 드는 신경망의 수입니다."
    ),
    "Nearest words, with the cosine.": "가장 가까운 단어와 코사인입니다.",
    "word": "단어",
    "nearest words": "가까운 단어",
    "The words of the first network on a plane": "첫 번째 신경망의 단어를 평면에 나타낸 것",
    "The words on a plane": "단어를 평면에 나타낸 것",
    "first component ({share} of the variance)": "첫째 주성분 (분산의 {share})",
    "second component ({share} of the variance)": "둘째 주성분 (분산의 {share})",
    # dure.measurements.layers
    "weight": "가중치",
    "shape": "모양",
    "networks": "신경망",
    "Weights": "가중치",
    "trained": "훈련 후",
    "untrained": "훈련 전",
    "How the values of {weight} are spread": "{weight} 값의 분포",
    "Values of {weight}": "{weight}의 값",
    "share of weights": "가중치의 비율",
    "layer": "층",
    "mean": "평균",
    "deviation": "표준 편차",
    "zeros, %": "0인 값, %",
    "dead units, %": "죽은 유닛, %",
    "saturated values, %": "포화된 값, %",
    "What the layers give": "층들의 출력",
    "norm of the gradient": "기울기의 노름",
    "norm of the gradient / norm of the weights": "기울기의 노름 / 가중치의 노름",
    "Gradient of the loss by layer, from input to output": "층별 손실의 기울기, 입력에서 출력까지",
    "Gradient of the loss over {rows} rows, from input to output": (
        "행 {rows}개에 대한 손실의 기울기, 입력에서 출력까지"
    ),
    "norm": "노름",
    "change of the score by another input": "입력을 바꿨을 때 점수의 변화",
    "size of the score's gradient": "점수의 기울기의 크기",
    "geometric mean of the networks": "신경망들의 기하 평균",
    "mean of the rows": "행들의 평균",
    "Memory against distance": "거리에 따른 기억",
    "Memory: how much a step still moves the output": "기억: 한 단계가 출력을 움직이는 정도",
    "steps before the last": "마지막에서 앞으로 몇 단계",
    "The band is the 95 % interval over networks.": "띠는 신경망들의 95 % 구간입니다.",
    "The band holds the middle nine tenths of the rows.": (
        "띠에는 행들의 가운데 10분의 9가 들어 있습니다."
    ),
    "There is no horizon: no row has a step that is no padding.": (
        "기억의 한계가 없습니다. 패딩이 아닌 단계를 가진 행이 없습니다."
    ),
    "There is no horizon within the {steps} steps: the first of them still moves the output with "
    "1 % of the strongest influence or more.": (
        "{steps}단계 안에는 기억의 한계가 없습니다. 첫 단계도 아직 가장 강한 영향의 1 % 이상으로 "
        "출력을 움직입니다."
    ),
    "The horizon, the median of the networks' own, is {horizon} steps: a step that far back or "
    "further moves the output less than 1 % as much as the strongest one.": (
        "기억의 한계는 신경망별 한계의 중앙값으로 {horizon}단계입니다. 그만큼 또는 그보다 앞선 "
        "단계는 가장 강한 단계의 1 %보다 적게 출력을 움직입니다."
    ),
    "The horizon is {horizon} steps: a step that far back or further moves the output less than "
    "1 % as much as the strongest one.": (
        "기억의 한계는 {horizon}단계입니다. 그만큼 또는 그보다 앞선 단계는 가장 강한 단계의 1 %보다 "
        "적게 출력을 움직입니다."
    ),
    "in {count} of {lanes}": "{lanes}개 중 {count}개",
    "A unit is found in a network where the correlation with its match is at least {threshold} in "
    "size. Untrained networks show what agrees by chance.": (
        "짝과의 상관 계수가 크기로 {threshold} 이상이면 유닛이 그 신경망에서 발견된 것으로 봅니다. "
        "훈련 전의 신경망은 우연히 얼마나 일치하는지 보여 줍니다."
    ),
    "In how many networks a unit of {layer} is found": "{layer}의 유닛이 발견된 신경망의 수",
    "units": "유닛",
    "units, in brackets those of untrained networks": "유닛, 괄호 안은 훈련 전 신경망의 것",
    "The {count} features that count most": "가장 중요한 특성 {count}개",
    "How much each feature counts": "각 특성의 중요도",
    "mean size of the score's gradient over {rows} rows": (
        "행 {rows}개에 대한 점수의 기울기 크기의 평균"
    ),
    "mean of the networks": "신경망들의 평균",
    "How much each step counts": "각 단계의 중요도",
    "step": "단계",
    "size, mean over rows": "크기, 행들의 평균",
    # dure.measurements.outcomes
    "First rows": "처음 몇 행",
    "Worst mistakes": "가장 크게 틀린 예측",
    "None of these rows is a mistake of most networks.": (
        "이 행들 가운데 대부분의 신경망이 틀린 것은 없습니다."
    ),
    "Rows with the largest loss": "손실이 가장 큰 행",
    "Below each picture: what it is, and what was said with which probability.": (
        "그림 아래는 정답, 그리고 예측한 클래스와 그 확률입니다."
    ),
    "is {true}, said {said} ({probability})": "정답 {true}, 예측 {said} ({probability})",
    "is {true}, said {said} ({probability}), wrong in {wrong} of {networks}": (
        "정답 {true}, 예측 {said} ({probability}), {networks}개 중 {wrong}개가 틀림"
    ),
    "row": "행",
    "true class": "정답 클래스",
    "said": "예측 클래스",
    "probability": "확률",
    "networks wrong": "틀린 신경망",
    "text": "텍스트",
    "output": "출력",
    "true value": "참값",
    "predicted": "예측값",
    "off by": "오차",
    "Rows furthest off": "가장 크게 빗나간 행",
    "true class \\ said": "정답 \\ 예측",
    "Rows of each true class by what was said, mean over networks; right on the diagonal.": (
        "정답 클래스별로 어떤 클래스로 예측했는지 센 행의 수이며 신경망들의 평균입니다. 대각선이 "
        "맞힌 것입니다."
    ),
    "Rows of each true class by what was said; right on the diagonal.": (
        "정답 클래스별로 어떤 클래스로 예측했는지 센 행의 수입니다. 대각선이 맞힌 것입니다."
    ),
    "rows": "행",
    "of its class": "클래스에서의 비율",
    "Most frequent mistakes": "가장 잦은 혼동",
    "networks that say so": "그렇게 예측한 신경망의 수",
    "Rows that divide the networks most": "신경망들의 예측이 가장 크게 갈리는 행",
    # dure.measurements: what figures alone show
    "How alike matched units are; dashed: found from here on": (
        "짝지은 유닛이 닮은 정도. 파선: 여기부터 발견된 것으로 봅니다"
    ),
    "|correlation| of a unit with its match": "유닛과 그 짝의 |상관 계수|",
    "units x networks": "유닛 x 신경망",
    "All rows, by how many networks agree": "모든 행, 예측이 같은 신경망의 비율별",
    "{share} agree": "{share} 일치",
    "share of the rows": "행의 비율",
    "The rows most in dispute": "예측이 가장 크게 갈리는 행",
    "share of the networks with the majority": "다수와 같은 신경망의 비율",
    "row {row}: most say {majority}": "행 {row}: 다수의 예측 {majority}",
    "row {row}: most say {majority}, is {true}": "행 {row}: 다수의 예측 {majority}, 정답 {true}",
    "Memory goes further back than {steps} steps in {beyond} of {networks} networks.": (
        "신경망 {networks}개 중 {beyond}개의 기억은 {steps}단계보다 더 앞까지 미칩니다."
    ),
    "{layer} ({units} units)": "{layer} (유닛 {units}개)",
    "share": "비율",
    "size": "크기",
    "row \\ feature": "행 \\ 특성",
    "share of the largest, {limit}": "가장 큰 값 {limit}에 대한 비율",
    "unit": "유닛",
    "the map of {row}": "{row}의 맵",
    "laid over": "겹친 그림",
    "Red raises the score, blue lowers it; each text in its own scale, from its largest value "
    "down.": (
        "빨간색은 점수를 올리고 파란색은 내립니다. 텍스트마다 가장 큰 값을 기준으로 한 눈금입니다."
    ),
    "Dark counts much; each text in its own scale, from its largest value down.": (
        "진할수록 중요합니다. 텍스트마다 가장 큰 값을 기준으로 한 눈금입니다."
    ),
    "cosine": "코사인",
    "share of the true class": "정답 클래스에서의 비율",
    "row {row}: said {said} ({probability})": "행 {row}: 예측 {said} ({probability})",
    "row {row}: is {true}, said {said} ({probability})": (
        "행 {row}: 정답 {true}, 예측 {said} ({probability})"
    ),
    "row {row}: is {true}, right in {right} of {networks}": (
        "행 {row}: 정답 {true}, 신경망 {networks}개 중 {right}개가 맞힘"
    ),
    "Predicted against true values": "참값과 예측값",
    "predicted = true": "예측값 = 참값",
    "predicted value": "예측값",
    "value": "값",
}
