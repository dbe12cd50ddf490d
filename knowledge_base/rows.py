"""One row of a table or a file, which checks its own cells and reports its own faults."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from assistance import opening_hours

# A place may stand a little outside the Pas-de-Calais (the MSA's counter near Lille), not in another country.
LATITUDES = (49.8, 51.2)
LONGITUDES = (1.3, 3.4)

INSEE = re.compile(r"\d[\dAB]\d{3}")
POSTCODE = re.compile(r"\d{5}")
WEBSITE = re.compile(r"https?://[\w-]+(\.[\w-]+)*\.[a-z]{2,24}(/\S*)?")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
YES_NO = {"oui": True, "non": False}
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_PHONE = re.compile(r"0\d{9}|\d{2,4}|116\d{3}")


class Row:
    """One line of a CSV file, which reports its own faults."""

    def __init__(self, cells: Mapping[str, str], fault: Callable[[str], None]) -> None:
        self.cells, self.fault = cells, fault

    def text(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def needed(self, column: str) -> str:
        value = self.text(column)
        if not value:
            self.fault(f"« {column} » est vide")
        return value

    def matching(self, column: str, pattern: re.Pattern[str], what: str, optional: bool = False) -> str:
        value = self.text(column)
        if not (optional and not value) and not pattern.fullmatch(value):
            self.fault(f"« {column} » : {what} attendu, « {value[:60]} » trouvé")
        return value

    def phone(self, column: str, optional: bool = True) -> str:
        value = self.text(column)
        if not (optional and not value) and not _PHONE.fullmatch(value.replace(" ", "")):
            self.fault(f"« {column} » : « {value[:60]} » n'a pas la forme d'un numéro de téléphone français")
        return value

    def hours(self, column: str) -> str:
        value = self.text(column)
        if value and not opening_hours.is_valid(value):
            self.fault(f"« {column} » : « {value[:60]} » n'est pas écrit comme opening_hours (Mo-Fr 09:00-12:00)")
        return value

    def counter_hours(self, column: str) -> str:
        """Hours of a counter, which closes the day it opens."""
        value = self.hours(column)
        if value and not opening_hours.is_plausible(value):
            self.fault(f"« {column} » : « {value[:60]} » finit avant de commencer, ou après minuit")
        return value

    def choice(self, column: str, choices: Mapping[str, bool]) -> bool:
        value = self.text(column)
        if value not in choices:
            self.fault(f"« {column} » : {' ou '.join(choices)} attendu, « {value[:60]} » trouvé")
        return choices.get(value, False)

    def day(self, column: str) -> date | None:
        value = self.text(column)
        match = _DATE.fullmatch(value)
        if value and match is None:
            self.fault(f"« {column} » : date AAAA, AAAA-MM ou AAAA-MM-JJ attendue, « {value[:60]} » trouvé")
        if match is None:
            return None
        try:
            return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
        except ValueError:
            self.fault(f"« {column} » : le jour « {value} » n'existe pas")
            return None

    def number(self, column: str) -> int:
        value = self.text(column)
        if not re.fullmatch(r"\d{1,8}", value):
            self.fault(f"« {column} » : nombre entier attendu, « {value[:60]} » trouvé")
            return 0
        return int(value)

    def coordinate(self, column: str, bounds: tuple[float, float]) -> float:
        value = self.text(column)
        if not re.fullmatch(r"-?\d{1,3}\.\d{1,8}", value):
            self.fault(f"« {column} » : degrés décimaux attendus (50.29122), « {value[:60]} » trouvé")
            return bounds[0]
        if not bounds[0] <= float(value) <= bounds[1]:
            self.fault(f"« {column} » : {value} est loin du Pas-de-Calais (entre {bounds[0]} et {bounds[1]})")
        return float(value)

    def point(self) -> tuple[float | None, float | None]:
        """The latitude and longitude, both or none."""
        if not (self.text("latitude") or self.text("longitude")):
            return None, None
        return self.coordinate("latitude", LATITUDES), self.coordinate("longitude", LONGITUDES)

    def listed(self, column: str) -> tuple[str, ...]:
        """The values of a cell that holds several, separated by |."""
        return tuple(part for part in map(str.strip, self.text(column).split("|")) if part)

    def postcodes(self, column: str) -> tuple[str, ...]:
        codes = tuple(code for code in self.text(column).split("|") if code)
        if not all(POSTCODE.fullmatch(code) for code in codes):
            self.fault(f"« {column} » : codes postaux à cinq chiffres séparés par | attendus")
        return codes
