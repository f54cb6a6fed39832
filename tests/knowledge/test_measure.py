"""Figures of a search, against values worked out by hand."""

import pytest

from antiphon.knowledge.measure import Measures, ndcg, recall, reciprocal_rank


def test_the_reciprocal_rank_is_of_the_first_relevant_one() -> None:
    assert reciprocal_rank(["a", "b", "c"], {"b", "c"}) == 1 / 2
    assert reciprocal_rank(["a"], {"a"}) == 1
    assert reciprocal_rank(["a", "b"], {"c"}) == 0
    assert reciprocal_rank([], {"c"}) == 0


def test_ndcg_is_the_gain_as_a_share_of_the_best() -> None:
    assert ndcg(["a", "b"], {"a"}) == 1
    assert ndcg(["b", "a"], {"a"}) == pytest.approx(0.63093, abs=1e-5)  # 1 / log2(3)
    # places 2 and 4 of two: (1/log2 3 + 1/log2 5) / (1 + 1/log2 3) = (0.63093 + 0.43068) / 1.63093
    assert ndcg(["x", "a", "y", "b"], {"a", "b"}) == pytest.approx(0.65092, abs=1e-5)
    assert ndcg([*"0123456789", "a"], {"a"}) == 0  # place 11
    assert ndcg([str(n) for n in range(10)], {str(n) for n in range(20)}) == pytest.approx(1)  # ten places, all right


def test_recall_is_the_share_found_among_the_first_ten() -> None:
    assert recall(["a", "x", "b"], {"a", "b", "c"}) == pytest.approx(2 / 3)
    assert recall([*"0123456789", "a"], {"a"}) == 0


def test_figures_are_means_over_queries() -> None:
    found = Measures.of([(["a", "b"], {"a"}), (["x", "b"], {"b", "c"}), ([], {"d"})])
    assert found.queries == 3
    assert found.hit_at_1 == pytest.approx(1 / 3)
    assert found.mrr == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert found.ndcg_at_10 == pytest.approx((1 + 0.63093 / 1.63093 + 0) / 3, abs=1e-5)
    assert found.recall_at_10 == pytest.approx((1 + 1 / 2 + 0) / 3)


def test_of_no_queries_there_are_no_figures() -> None:
    found = Measures.of([])
    assert (found.queries, found.hit_at_1, found.mrr, found.ndcg_at_10, found.recall_at_10) == (0, *[None] * 4)
