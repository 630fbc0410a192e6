"""Korean for `dure.gallery`, rows B1 to B4."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "The first {held:,} reviews validate, {training:,} train (note: 10,000 and 15,000).": (
        "처음 리뷰 {held:,}개로 검증하고 {training:,}개로 훈련합니다(노트: 10,000개와 15,000개)."
    ),
    "Fresh networks, {epochs} epochs on all reviews: test accuracy {accuracy}.": (
        "새 신경망을 모든 리뷰로 {epochs} 에포크 훈련: 테스트 정확도 {accuracy}."
    ),
    "These reviews came without their words: newswires instead, coded the same way.": (
        "이 리뷰에는 단어가 딸려 오지 않았습니다. 대신 같은 방식으로 부호화된 뉴스 기사를 씁니다."
    ),
    "Coded:   {tokens} ...": "부호화: {tokens} ...",
    "Decoded: {words} ...": "복원: {words} ...",
    "The notes' own loop gives the same words.": "노트의 반복문도 같은 단어를 냅니다.",
    "Words that become 2 (unknown) by vocabulary: {shares}.": (
        "어휘 크기별로 2(모르는 단어)가 되는 단어의 비율: {shares}."
    ),
    "One-hot targets with categorical and integer targets with sparse categorical cross-entropy: "
    "validation losses of the same seeds differ by at most {gap:.1g}.": (
        "원-핫 타깃에 categorical_crossentropy를 쓸 때와 정수 타깃에 "
        "sparse_categorical_crossentropy를 쓸 때: 같은 시드의 검증 손실은 최대 {gap:.1g} 차이가 "
        "납니다."
    ),
    "Test accuracy {accuracy}; always guessing the commonest topic ({topic}) gives {guess:.3f}.": (
        "테스트 정확도 {accuracy}; 언제나 가장 흔한 주제({topic})라고 답하면 {guess:.3f}."
    ),
    "Validation loss": "검증 손실",
    "Validation accuracy": "검증 정확도",
    "{what} at epoch {epoch}: {mean} over {seeds} seeds; a single run would have shown anything "
    "from {least:.3f} to {most:.3f} (standard deviation {deviation:.3f}).": (
        "{epoch}번째 에포크의 {what}: 시드 {seeds}개에서 {mean}; 한 번만 실행했다면 "
        "{least:.3f}에서 {most:.3f} 사이의 어떤 값이든 나올 수 있었습니다(표준 편차 "
        "{deviation:.3f})."
    ),
    "Where validation loss turns, a single run would have said anything from epoch {first:.0f} "
    "to {last:.0f}; all together say {mean}.": (
        "검증 손실이 돌아서는 곳은, 한 번만 실행했다면 {first:.0f}번째에서 {last:.0f}번째 에포크 "
        "사이의 어디라고든 나올 수 있었습니다. 모두 합하면: {mean}."
    ),
    "on all reviews": "모든 리뷰로 훈련",
}
