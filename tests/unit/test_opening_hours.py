"""Opening hours: what is certain at a moment, and how it is said."""

from datetime import UTC, datetime

import pytest

from assistance.opening_hours import PARIS, OpeningState, in_words, is_valid, state

OFFICE = "Mo-Fr 08:30-12:00,13:30-17:00"


def paris(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def test_an_open_office_says_when_it_closes():
    assert state(OFFICE, paris(24, 10)) == OpeningState(True, closes_at=paris(24, 12))


def test_a_closed_office_says_when_it_opens_next():
    assert state(OFFICE, paris(27, 18)) == OpeningState(False, next_opening=paris(30, 8, 30))


def test_the_moment_may_be_given_in_utc():
    assert state(OFFICE, datetime(2026, 11, 24, 7, 45, tzinfo=UTC)).open_now


def test_the_hour_changes_with_summer_time():
    assert state(OFFICE, datetime(2026, 7, 1, 6, 45, tzinfo=UTC)).open_now


@pytest.mark.parametrize(
    ("month", "day"),
    [
        pytest.param(7, 14, id="14 July"),
        pytest.param(12, 25, id="Christmas"),
        pytest.param(4, 6, id="Easter Monday"),
        pytest.param(5, 14, id="Ascension"),
    ],
)
def test_a_public_holiday_is_closed_unless_the_hours_name_it(month: int, day: int):
    assert state(OFFICE, paris(day, 10, month=month)).open_now is False
    assert state(f"{OFFICE}; PH 09:00-12:00", paris(day, 10, month=month)).open_now is True


def test_a_service_of_every_day_answers_on_christmas_day():
    christmas = paris(25, 10, month=12)
    assert state("24/7", christmas) == OpeningState(True)
    assert state("Mo-Su 09:00-23:00", christmas).open_now is True
    assert state("Mo-Fr 09:00-19:00; Sa-Su 09:00-13:00,14:00-19:00", christmas).open_now is True


def test_an_opening_that_crosses_midnight_closes_the_next_day():
    assert state("Mo-Su 08:00-02:00", paris(24, 23)).closes_at == paris(25, 2)


def test_a_closure_written_last_wins():
    hours = "Mo-Fr 09:00-17:00; 2026 Dec 24-2027 Jan 02 off"
    assert state(hours, paris(28, 10, month=12)).open_now is False


def test_days_without_times_say_nothing_of_now():
    assert state("Mo-Fr", paris(24, 10)) == OpeningState(None)


@pytest.mark.parametrize("hours", ["", "lun-ven 9h-12h", "Mo-Fr 9h", "Mo-Fr 25:00-26:99"])
def test_other_syntaxes_are_not_valid(hours: str):
    assert not is_valid(hours)
    with pytest.raises(ValueError):
        state(hours, paris(24, 10))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (OFFICE, "du lundi au vendredi de 8h30 à 12h et de 13h30 à 17h"),
        ("24/7", "tous les jours, 24 heures sur 24"),
        ("Mo-Su 09:00-20:00", "tous les jours de 9h à 20h"),
        ("09:00-19:00", "tous les jours de 9h à 19h"),
        ("Mo-Fr", "du lundi au vendredi"),
        ("We 18:00-19:00", "le mercredi de 18h à 19h"),
        ("Mo-Tu 14:00-16:00; Fr 09:30-11:30", "le lundi et le mardi de 14h à 16h ; le vendredi de 9h30 à 11h30"),
        ("Mo,We,Fr 14:00-18:00", "le lundi, le mercredi et le vendredi de 14h à 18h"),
        # the days that keep the same times are said together
        ("Mo 9:00-12:00; Tu 14:00-16:00; We 9:00-12:00", "le lundi et le mercredi de 9h à 12h ; le mardi de 14h à 16h"),
        ("Mo-Su 08:00-02:00", "tous les jours de 8h à 2h"),
        ("Sa 12:00-24:00", "le samedi de 12h à minuit"),
        ("Mo-Fr 09:00-17:00; PH off", "du lundi au vendredi de 9h à 17h ; les jours fériés fermé"),
        ("Jul-Aug Mo 10:00-12:00", ""),
    ],
)  # fmt: skip
def test_hours_are_said_in_french_or_not_at_all(hours: str, words: str):
    assert in_words(hours) == words


def test_the_four_months_looked_ahead_may_end_in_the_hour_that_does_not_exist():
    november = datetime(2026, 11, 28, 2, 2, tzinfo=PARIS)  # 120 days before 28 March 2027, 02:02
    assert state("Mo 09:00-12:00", november).next_opening == datetime(2026, 11, 30, 9, tzinfo=PARIS)
