"""Korean for `dure.gallery.index`, what each row does, and `dure.gallery.report_section`."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "linear regression with one neuron, one sample at a time": (
        "뉴런 하나로 하는 선형 회귀, 샘플 하나씩"
    ),
    "a step, targets -1 and 1, an update only on a mistake": (
        "계단 함수, 타깃 -1과 1, 틀릴 때만 업데이트"
    ),
    "the linear activation learns, a threshold decides": "선형 활성화로 배우고 임계값으로 판단",
    "logistic regression with one neuron": "뉴런 하나로 하는 로지스틱 회귀",
    "stochastic, mini-batch and full-batch descent side by side": (
        "확률적, 미니배치, 배치 경사 하강법을 나란히"
    ),
    "the same fit with and without standardised inputs": "입력을 표준화한 훈련과 하지 않은 훈련",
    "loss against epochs and against model size": "에포크와 모델 크기에 따른 손실",
    "weights against the strength of L1 and L2": "L1과 L2의 강도에 따른 가중치",
    "ten folds, each validates once, scaling inside the fold": (
        "폴드 10개, 저마다 한 번씩 검증, 폴드 안에서 스케일 조정"
    ),
    "a hidden layer of ten, beside scikit-learn's MLPClassifier": (
        "유닛 10개의 은닉층, scikit-learn의 MLPClassifier와 나란히"
    ),
    "every step of convolution, padding, stride and pooling": (
        "합성곱, 패딩, 스트라이드, 풀링의 모든 단계"
    ),
    "reviews as multi-hot words, Dense 16-16-1": "멀티-핫 단어로 나타낸 리뷰, Dense 16-16-1",
    "integers back to words": "정수를 다시 단어로",
    "newswires on 46 topics, Dense 64-64-46": "46개 주제의 뉴스 기사, Dense 64-64-46",
    "training as dots, validation as line, over seeds": "훈련은 점, 검증은 선, 여러 시드에 걸쳐",
    "a small convolutional network overfits; Dropout mends it": (
        "작은 합성곱 신경망의 과대적합을 드롭아웃으로 고치기"
    ),
    "convolutions on digits, best weights restored": (
        "숫자를 분류하는 합성곱 신경망, 가장 좋은 가중치 복원"
    ),
    "classes of single pictures, picture beside": "그림 한 장씩의 클래스, 그림과 나란히",
    "weights of convolutions, trained beside untrained": "합성곱의 가중치, 훈련 전과 후를 나란히",
    "what each layer makes of five pictures": "그림 다섯 장에서 각 층이 만들어 내는 것",
    "a model from the input to any inner layer": "입력에서 임의의 안쪽 층까지의 모델",
    "saved, loaded, inspected: .keras and .h5": "저장하고 불러와 살펴보기: .keras와 .h5",
    "how long reviews are": "리뷰의 길이",
    "SimpleRNN(8) on one-hot words": "원-핫 단어 위의 SimpleRNN(8)",
    "SimpleRNN(8) on an Embedding(16)": "Embedding(16) 위의 SimpleRNN(8)",
    "LSTM(8) with dropout 0.3 on an Embedding": "드롭아웃 0.3을 쓴 Embedding 위의 LSTM(8)",
    "two LSTM layers": "LSTM 층 두 개",
    "two GRU layers": "GRU 층 두 개",
    "how far back SimpleRNN, LSTM and GRU remember": (
        "SimpleRNN, LSTM, GRU는 얼마나 멀리까지 기억하는가"
    ),
    "cures for overfitting, each against the same baseline": (
        "과대적합의 처방, 저마다 같은 기준 모델과 비교"
    ),
    "gradients layer by layer under four activations": "활성화 함수 네 가지에서 층별 기울기",
    "a recurrent network with and without clipping by norm": (
        "노름 클리핑을 쓴 순환 신경망과 쓰지 않은 순환 신경망"
    ),
    "Glorot and He under three activations, theory beside": (
        "활성화 함수 세 가지에서 Glorot와 He, 이론과 나란히"
    ),
    "batch and layer normalisation at many rates and batches": (
        "여러 학습률과 배치 크기에서 배치 정규화와 층 정규화"
    ),
    "words to integers and back, padding, cutting, saving": (
        "단어를 정수로, 다시 단어로; 패딩, 자르기, 저장"
    ),
    "size, speed, accuracy; neighbours of a word": "크기, 속도, 정확도; 한 단어의 이웃",
    "the right loss for each output, a wrong pair reported": (
        "출력마다 알맞은 손실 함수, 잘못된 짝은 보고"
    ),
    "validation, batches, verbosity, callbacks": "검증, 배치, 출력량, 콜백",
    "evaluate, predict, summary, save, load": "evaluate, predict, summary, save, load 써 보기",
    "regression, branches, LSTM as functional models": "함수형 API로 만든 회귀, 갈래, LSTM",
    "the next value of a series of one or several values a step": (
        "한 단계에 값이 하나 또는 여럿인 시계열의 다음 값"
    ),
    "A quick run: on fewer rows or epochs than the row's own.": (
        "빠른 실행입니다. 원래보다 적은 행이나 에포크를 썼습니다."
    ),
    "Numbers the row keeps": "이 항목이 남긴 숫자",
    "The notes' figures beside Dure's": "노트의 수치와 Dure의 수치",
    "figure": "수치",
    "note, one run": "노트, 1회 실행",
    "Dure, mean [95 % interval]": "Dure, 평균 [95 % 구간]",
    "lanes": "레인 수",
    "Picture of the row: {name}": "이 항목의 그림: {name}",
    "As the row drew them; in full size they are in its folder.": (
        "이 항목이 그린 그대로입니다. 원래 크기의 그림은 폴더에 있습니다."
    ),
    "The row's pictures": "이 항목의 그림",
    "Not shown here, for the page would grow too large: {names}.": (
        "페이지가 너무 커지므로 여기에는 싣지 않은 그림: {names}."
    ),
    "No longer in the folder: {names}.": "폴더에 더는 없는 그림: {names}.",
    "The row": "이 항목",
}
