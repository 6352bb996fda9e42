"""Which rows reports sum over."""

from query_side.reports.relation import COUNTED, TABLES


def test_who_only_counts_leaves_the_planner_free_not_to_look_for_the_tickets() -> None:
    assert TABLES.count("\nJOIN tickets") == 1
    assert TABLES.replace("\nJOIN", "\nLEFT JOIN") == COUNTED
