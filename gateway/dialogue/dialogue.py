"""What each act answers: the one place that composes answers, with Rasa or without it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from assistance.context import Context
from assistance.fiche import THEMES
from assistance.languages import find_language, load_languages
from assistance.lieu_details import find_detail, without_details
from assistance.lieu_words import names_place_we_lack, without_kinds
from assistance.reply import ASKED, NOT_UNDERSTOOD, Answer, Choice, Reply
from assistance.wording import Wording
from gateway.dialogue.follow_ups import is_for_somebody, read_number
from gateway.dialogue.people import PersonRule
from gateway.dialogue.place_details import PlaceDetails
from gateway.dialogue.places import PlaceFinder
from gateway.dialogue.rights import ASPECTS, Found, RightFinder, find_negated, refuses_subject, without_detail
from gateway.dialogue.without_rasa import guess_act
from gateway.knowledge import Edition
from knowledge_base.communes import CommuneMatch

MAX_CHOICES = 5
FAINT = 0.3  # a search score under which the words left beside the name of a place tell no need
# Acts that Rasa may give to a question about the places just shown, and the turns after which it is one.
_MAY_ASK_OF_A_PLACE = frozenset({
    "ask_right", "find_place", "ask_delay", "ask_phone", "ask_how", "ask_who", "ask_cost", "ask_offline",
    "give_commune", "out_of_scope", "not_understood", "start_orientation",
})  # fmt: skip
_MAY_BE_FOR_SOMEBODY = frozenset({"ask_right", "find_place", "more", "out_of_scope", "not_understood", "give_commune"})
_AFTER_PLACES = frozenset({"find_place", "ask_right", "ask_person"})
_OF_A_FICHE_TOO = frozenset({"find_place"})  # a fiche has a phone of its own: after it, that is what is asked
ANOTHER_NEED = 0.6  # from this score on, a question about the places shown speaks of a need as well
# Under it, who says "out of scope" hesitates: a subject found wins (sets to tune on: four real questions in ten won
# back, 2 of 157 sentences out of scope answered).
CERTAIN = 0.55
# The themes behind the three choices of who writes in a language that is not read here.
_FOREIGN_THEMES = ("sante", "logement", "services-publics")
A_NAME_ALONE = 3  # words
LONGEST_COMMUNE = 5  # words: a longer answer to "quelle commune ?" is no name


@dataclass(frozen=True)
class Turn:
    """One message to answer: the words, what is remembered, the moment, the fiches of the moment."""

    text: str
    context: Context
    now: datetime
    edition: Edition
    choice: dict[str, Any] | None = None
    confidence: float = 1.0  # of who told the act, from 0 to 1

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True)
class Dialogue:
    """Answers an act. Pure but for the indexes it reads: the same turn gets the same answer."""

    wording: Wording
    rights: RightFinder
    places: PlaceFinder
    person: PersonRule

    def answer(self, act: str, turn: Turn) -> Reply:
        """Return the reply to `turn` understood as `act`. Raises KeyError on an unknown act."""
        reply = self._acts()[act](turn) if act == "choose" else self._before_act(turn) or self._of_act(act, turn)
        if reply.outcome == NOT_UNDERSTOOD:
            return self._after_failure(turn, reply)
        return Reply(reply.answers, reply.context.but(failures=0), reply.outcome)

    def _before_act(self, turn: Turn) -> Reply | None:
        """What is said whatever the act: a language not read here, a number alone, a subject refused."""
        language = find_language(turn.text)
        if language and not self.rights.find(turn.edition, turn.text).sure:
            return self._say_foreign(turn, language)
        number = read_number(turn.text)
        if number is not None and turn.context.awaiting != "commune":
            return self._choose_number(turn, number)
        if refuses_subject(turn.text):
            context = turn.context.but(topic=None, kinds=(), others=(), awaiting=None, aspect=None)
            return Reply((Answer(self.wording.say("say_it_otherwise")),), context, ASKED)
        return None

    def _of_act(self, act: str, turn: Turn) -> Reply:
        if act in _MAY_ASK_OF_A_PLACE and self._asks_of_a_place(turn):
            return self.detail_places(turn)
        if act in _MAY_BE_FOR_SOMEBODY and self._asks_for_somebody(turn):
            return self.show_detail(turn, str(turn.context.topic), "ask_who")
        return self._acts()[act](turn)

    def _asks_for_somebody(self, turn: Turn) -> bool:
        """Whether "et pour mon fils ?" asks of the subject spoken of, and names no other."""
        known = turn.context.topic in turn.edition.fiches and is_for_somebody(turn.text)
        return known and not self.rights.find(turn.edition, turn.text).sure

    def _say_foreign(self, turn: Turn, language: str) -> Reply:
        """The fixed sentence of a language, three choices, a person; what it says was written beforehand."""
        said = load_languages()[language]
        titles = zip(said.choices, _FOREIGN_THEMES, strict=True)
        choices = [Choice(title, {"act": "theme", "theme": theme}) for title, theme in titles]
        choices.append(Choice(said.person, {"act": "ask_person"}))
        return Reply((Answer(said.text, tuple(choices), handoff=self.person.handoff()),), turn.context, ASKED)

    def _choose_number(self, turn: Turn, number: int) -> Reply:
        """A number typed: that one of the subjects just proposed; with nothing proposed, the need is asked."""
        shown = turn.context.others[: MAX_CHOICES - 2] if turn.context.awaiting == "subject" else ()
        known = [slug for slug in shown if slug in turn.edition.fiches]
        if 0 < number <= len(known):
            return self.show_fiche(turn, known[number - 1], turn.context.others)
        answer = Answer(self.wording.say("number_alone"), self._theme_choices())
        return Reply((answer,), turn.context.but(awaiting=None), ASKED)

    def acts(self) -> frozenset[str]:
        return frozenset(self._acts())

    def _acts(self) -> dict[str, Callable[[Turn], Reply]]:
        details = {aspect: _with_aspect(self.ask_detail, aspect) for aspect in ASPECTS}
        return {
            **details,
            "ask_right": self.ask_right,
            "find_place": self.find_place,
            "give_commune": self.give_commune,
            "ask_person": self.ask_person,
            "start_orientation": self.start_orientation,
            "show_menu": self.show_menu,
            "choose": self.choose,
            "affirm": self.affirm,
            "deny": self.deny,
            "more": self.more,
            "repeat": self.repeat,
            "simplify": self.simplify,
            "out_of_scope": self.out_of_scope,
            "not_understood": self.not_understood,
        }

    def ask_right(self, turn: Turn) -> Reply:
        """A need in the person's words: its fiche, one for each of several needs, or the close ones as choices."""
        turn = self._with_commune(turn)
        if turn.context.awaiting == "subject" and turn.context.aspect:
            return self.ask_detail(turn, turn.context.aspect)
        if turn.context.commune and self._names_only_a_place(turn):
            return self.find_place(turn)
        needs = self.rights.find_needs(turn.edition, turn.text)
        if len(needs) > 1:
            return self._answer_needs(turn, needs)
        found = self.rights.find(turn.edition, turn.text)
        said = guess_act(turn.text, Context())
        if (found.sure or found.likely) and said == "ask_papers":
            return self.show_detail(turn, found.slugs[0], said)
        if found.sure:
            return self.show_fiche(turn, found.slugs[0], found.slugs[1:])
        if said == "find_place" and turn.context.topic:
            return self.find_place(turn)
        if found.likely:
            return self._show_likely(turn, found.slugs)
        if turn.context.commune and self.places.named_kinds(turn.text):
            return self.find_place(turn)
        if found.slugs:
            return self._ask_which(turn, found.slugs, self.wording.say("which_subject"))
        if self.places.named_kinds(turn.text):
            return self.find_place(turn)
        return self._not_understood(turn)

    def _names_only_a_place(self, turn: Turn) -> bool:
        """Whether the words name a place and no need: "et la mairie ?"."""
        kinds = self.places.named_kinds(turn.text)
        return bool(kinds) and self.rights.find(turn.edition, without_kinds(turn.text)).score < FAINT

    def show_fiche(self, turn: Turn, slug: str, others: tuple[str, ...] = ()) -> Reply:
        """The fiche in brief, with the nearest doors when the commune is known."""
        context = turn.context.but(topic=slug, kinds=(), awaiting=None, aspect=None, others=others, last="ask_right")
        brief = self.rights.brief(turn.edition, slug, turn.today)
        doors = self.places.near(turn.edition, context, turn.now, limit=2)
        text = f"{brief}\n\n{doors.text}" if doors.lieux else brief
        context = context.but(lieux=doors.lieux)
        answer = Answer(
            text, self._fiche_choices(turn, slug, bool(doors.lieux)), (slug,), doors.lieux, doors.origin
        )  # fmt: skip
        return Reply((answer,), context)

    def _show_likely(self, turn: Turn, slugs: tuple[str, ...]) -> Reply:
        """The fiche most probably meant, with a button for who meant something else."""
        reply = self.show_fiche(turn, slugs[0], slugs[1:])
        answer = reply.answers[0]
        other = Choice(self.wording.say("button_not_this"), {"act": "not_this"})
        choices = (*answer.choices[: MAX_CHOICES - 1], other)
        return Reply((replace(answer, choices=choices),), reply.context)

    def _answer_needs(self, turn: Turn, needs: tuple[str, ...]) -> Reply:
        replies = [self.show_fiche(turn, slug) for slug in needs]
        answers = [replace(reply.answers[0], choices=()) for reply in replies]
        context = replies[0].context.but(others=needs[1:])
        return Reply((Answer(self.wording.say("several_needs")), *answers), context)

    def ask_detail(self, turn: Turn, aspect: str) -> Reply:
        """Papers, steps, cost…: of the subject named in the message, else of the one spoken of."""
        turn = self._with_commune(turn)
        if aspect == "ask_who" and guess_act(turn.text, Context()) == "find_place":
            return self.find_place(turn)
        found = self.rights.find(turn.edition, without_detail(turn.text, aspect))
        keeps_topic = turn.context.topic is not None and aspect == "ask_offline"  # "je sais pas me servir d'internet"
        slug = found.slugs[0] if not keeps_topic and _says_subject(found, turn.context) else turn.context.topic
        if slug is None or slug not in turn.edition.fiches:
            whole = self.rights.find(turn.edition, turn.text)
            if whole.sure:
                return self.show_fiche(turn, whole.slugs[0], whole.slugs[1:])
            if self.places.named_kinds(turn.text):
                return self.find_place(turn)
            context = turn.context.but(aspect=aspect)
            close = found.slugs or (turn.context.others if turn.context.awaiting == "subject" else ())
            if close:
                return self._ask_which(turn, close, self.wording.say("which_subject"), aspect)
            if turn.context.awaiting == "subject":
                return self._not_understood(turn)
            text = self.wording.say("which_subject_for_detail")
            return Reply((Answer(text, self._theme_choices()),), context.but(awaiting="subject"), ASKED)
        if aspect == "ask_how" and slug != turn.context.topic:
            return self.show_fiche(turn, slug, found.slugs[1:])  # "comment avoir…" opens a subject: its whole, first
        return self.show_detail(turn, slug, aspect)

    def show_detail(self, turn: Turn, slug: str, aspect: str) -> Reply:
        text = self.rights.detail(turn.edition, slug, aspect)
        context = turn.context.but(topic=slug, kinds=(), awaiting=None, aspect=None, last=aspect)
        choices = tuple(c for c in self._fiche_choices(turn, slug, False) if c.do.get("aspect") != aspect)
        return Reply((Answer(text, choices, (slug,)),), context)

    def find_place(self, turn: Turn) -> Reply:
        """The doors for what is spoken of, near the commune said or remembered; asks for the commune when unknown."""
        if self.places.asks_where_someone_is(turn.text):
            return Reply((Answer(self.wording.say("place_of_person")),), turn.context)
        if names_place_we_lack(turn.text):
            return Reply((Answer(self.wording.say("place_unknown_kind"), (self._person_choice(),)),), turn.context)
        found = self.rights.find(turn.edition, turn.text)
        kinds = self.places.named_kinds(turn.text)
        context = turn.context
        if kinds:
            context = context.but(kinds=kinds, topic=found.slugs[0] if found.sure else context.topic)
        elif found.sure or (found.slugs and not context.topic and not context.kinds):
            context = context.but(topic=found.slugs[0], kinds=())
        reply = self._near(turn, context)
        if not found.sure or not reply.answers[0].lieux:
            return reply
        return replace(reply, answers=(replace(reply.answers[0], fiches=found.slugs[:1]), *reply.answers[1:]))

    def detail_places(self, turn: Turn) -> Reply:
        """Hours, distance, the way there… of the places just shown."""
        doors = PlaceDetails(self.wording, self.places).answer(turn.edition, turn.context, turn.text, turn.now)
        context = turn.context.but(awaiting=None, lieux=doors.lieux, last="find_place")
        answer = Answer(doors.text, self._place_choices(context), (), doors.lieux, doors.origin)
        return Reply((answer,), context)

    def _asks_of_a_place(self, turn: Turn) -> bool:
        """Whether a message asks a detail of the places just shown, and speaks of nothing else."""
        detail = find_detail(turn.text)
        after = _OF_A_FICHE_TOO if detail in ("phone", "address") else _AFTER_PLACES
        if not turn.context.lieux or detail is None or turn.context.last not in after:
            return False
        if self.places.named_kinds(turn.text) or self.places.match(turn.text).status != "none":
            return False
        return self.rights.find(turn.edition, without_details(turn.text)).score < ANOTHER_NEED

    def give_commune(self, turn: Turn) -> Reply:
        """A commune alone, or a corrected one: remembered, and what was asked goes on from there."""
        if self.places.named_kinds(turn.text) or guess_act(turn.text, Context()) == "find_place":
            return self.find_place(turn)
        match = self.places.match(turn.text)
        if match.status in ("none", "outside"):
            found = self.rights.find(turn.edition, turn.text)
            if match.status == "none" and (found.sure or turn.context.awaiting != "commune"):
                return self.not_understood(turn)
            return self._commune_not_found(turn.context, match)
        if self.rights.find(turn.edition, turn.text).sure:
            return self.ask_right(turn)
        context = turn.context
        if context.awaiting == "commune" or context.topic or context.kinds:
            return self._near(turn, context)
        if match.status == "several":
            return self._ask_which_commune(context, match)
        commune = match.communes[0]
        text = self.wording.say("commune_noted", commune=commune.nom)
        choices = (
            Choice(self.wording.say("button_reception"), {"act": "reception"}),
            Choice(self.wording.say("button_menu"), {"act": "show_menu"}),
        )
        return Reply((Answer(text, choices),), context.but(commune=commune.code_insee), ASKED)

    def _near(self, turn: Turn, context: Context) -> Reply:
        match = self.places.match(turn.text)
        if match.status == "outside":
            return self._commune_not_found(context, match)
        if match.status == "several":
            return self._ask_which_commune(context, match)
        if match.communes:
            context = context.but(commune=match.communes[0].code_insee)
        if context.commune is None:
            same_request = (context.topic, context.kinds) == (turn.context.topic, turn.context.kinds)
            if turn.context.awaiting == "commune" and same_request:
                return self._commune_not_found(context, match)
            return Reply((Answer(self.wording.say("ask_commune")),), context.but(awaiting="commune"), ASKED)
        context = context.but(awaiting=None, last="find_place")
        doors = self.places.near(turn.edition, context, turn.now, limit=3)
        context = context.but(lieux=doors.lieux)
        answer = Answer(doors.text, self._place_choices(context), (), doors.lieux, doors.origin)
        return Reply((answer,), context)

    def _ask_which_commune(self, context: Context, match: CommuneMatch) -> Reply:
        choices = tuple(
            Choice(commune.nom, {"act": "commune", "code_insee": commune.code_insee})
            for commune in match.communes[:MAX_CHOICES]
        )
        return Reply((Answer(self.wording.say("which_commune"), choices),), context.but(awaiting="commune"), ASKED)

    def _commune_not_found(self, context: Context, match: CommuneMatch) -> Reply:
        context = context.but(awaiting="commune")
        if match.status == "outside":
            return Reply((Answer(self.wording.say("commune_outside", name=match.outside)),), context, ASKED)
        return Reply((Answer(self.wording.say("commune_unknown")),), context, NOT_UNDERSTOOD)

    def ask_person(self, turn: Turn) -> Reply:
        """A phone with its hours and the nearest reception: nobody is promised behind this screen."""
        turn = self._with_commune(turn)
        return self.person.answer(turn.edition, turn.context, turn.now, asked=True)

    def start_orientation(self, turn: Turn) -> Reply:
        """The themes, unless a subject is called by its name: "défenseur des droits"."""
        found = self.rights.find(turn.edition, turn.text)
        if found.sure and found.named:
            return self.ask_right(turn)
        return self._themes(self._with_commune(turn), "orientation")

    def show_menu(self, turn: Turn) -> Reply:
        return self._themes(turn, "menu")

    def _themes(self, turn: Turn, text: str) -> Reply:
        context = turn.context.but(awaiting=None, aspect=None, last="show_menu")
        return Reply((Answer(self.wording.say(text), self._theme_choices()),), context, ASKED)

    def choose(self, turn: Turn) -> Reply:
        """Does what a pressed button says; `choice` was written by us, never by the citizen."""
        choice = turn.choice or {}
        act, slug = choice.get("act"), choice.get("slug")
        if act in ("show_fiche", "show_detail", "find_place") and slug is not None and slug not in turn.edition.fiches:
            return self._not_understood(turn)
        silent = Turn("", turn.context.but(topic=slug, kinds=()) if slug else turn.context, turn.now, turn.edition)
        match act:
            case "show_fiche":
                return self.show_fiche(silent, str(slug), turn.context.others)
            case "show_detail":
                return self.show_detail(silent, str(slug), str(choice["aspect"]))
            case "find_place":
                return self._near(silent, silent.context)
            case "reception":
                return self._near(silent, silent.context.but(topic=None, kinds=()))
            case "commune":
                return self._near(silent, turn.context.but(commune=str(choice["code_insee"]), awaiting=None))
            case "theme":
                return self._show_theme(silent, str(choice["theme"]))
            case "not_this" if turn.context.others:
                return self._ask_which(silent, turn.context.others, self.wording.say("which_subject"))
            case "none_of_these" | "not_this":
                return Reply((Answer(self.wording.say("say_it_otherwise")),), turn.context.but(awaiting=None), ASKED)
            case "ask_person":
                return self.person.answer(turn.edition, turn.context, turn.now, asked=True)
            case _:
                return self.show_menu(silent)

    def _show_theme(self, turn: Turn, theme: str) -> Reply:
        fiches = [fiche for fiche in turn.edition.fiches.values() if fiche.theme == theme]
        if not fiches:
            answer = self.person.answer(turn.edition, turn.context, turn.now, asked=True).answers[0]
            text = self.wording.say("theme_empty", theme=THEMES[theme])
            return Reply((replace(answer, text=f"{text}\n{answer.text}"),), turn.context)
        choices = [Choice(fiche.title, {"act": "show_fiche", "slug": fiche.slug}) for fiche in fiches]
        choices.append(Choice(self.wording.say("none_of_these"), {"act": "none_of_these"}))
        text = self.wording.say("theme", theme=THEMES[theme])
        return Reply((Answer(text, tuple(choices)),), turn.context, ASKED)

    def affirm(self, turn: Turn) -> Reply:
        """Yes to what was proposed: the first of the close subjects, else the subject spoken of, where to go."""
        if turn.context.awaiting == "subject" and turn.context.others:
            return self.show_fiche(turn, turn.context.others[0], turn.context.others[1:])
        if self.rights.find(turn.edition, turn.text).sure:
            return self.ask_right(turn)
        if turn.context.topic and turn.context.last != "show_menu":
            return self._near(turn, turn.context)
        return self.show_menu(turn)

    def deny(self, turn: Turn) -> Reply:
        """No: perhaps with a correction in the same breath."""
        match = self.places.match(turn.text)
        if match.status != "none":
            return self.give_commune(turn)
        if self.rights.find(turn.edition, find_negated(turn.text)).sure:
            return self.ask_right(turn)
        context = turn.context.but(awaiting=None, aspect=None)
        return Reply((Answer(self.wording.say("say_it_otherwise")),), context, ASKED)

    def more(self, turn: Turn) -> Reply:
        """The other subjects that were found, else the neighbours of the one spoken of."""
        others = tuple(slug for slug in turn.context.others if slug in turn.edition.fiches)
        if not others and turn.context.topic in turn.edition.fiches:
            others = turn.edition.fiches[str(turn.context.topic)].related
            others = tuple(slug for slug in others if slug in turn.edition.fiches)
        if not others:
            choices = (self._person_choice(), Choice(self.wording.say("button_menu"), {"act": "show_menu"}))
            return Reply((Answer(self.wording.say("no_more"), choices),), turn.context)
        return self._ask_which(turn, others, self.wording.say("more_subjects"))

    def repeat(self, turn: Turn) -> Reply:
        """The last answer again, composed anew: an edit made meanwhile counts."""
        silent = Turn("", turn.context, turn.now, turn.edition)
        topic = turn.context.topic if turn.context.topic in turn.edition.fiches else None
        if turn.context.last == "find_place":
            return self._near(silent, turn.context)
        if topic and turn.context.last in ASPECTS:
            return self.show_detail(silent, topic, str(turn.context.last))
        if topic:
            return self.show_fiche(silent, topic, turn.context.others)
        return self.show_menu(silent)

    def simplify(self, turn: Turn) -> Reply:
        """*En bref* of the subject spoken of: the plainest text there is."""
        if turn.context.topic not in turn.edition.fiches:
            return self._not_understood(turn)
        reply = self.show_fiche(
            Turn("", turn.context.but(commune=None), turn.now, turn.edition), str(turn.context.topic)
        )
        return replace(reply, context=reply.context.but(commune=turn.context.commune))

    def out_of_scope(self, turn: Turn) -> Reply:
        """Said plainly, unless the search knows of a subject, a place is named or the subject spoken of is meant."""
        if len(turn.text.split()) <= A_NAME_ALONE and self.places.match(turn.text).status in ("one", "several"):
            return self.give_commune(turn)  # "Avion" is a town
        found = self.rights.find(turn.edition, turn.text)
        if found.sure or (found.score >= FAINT and turn.confidence < CERTAIN):
            return self.ask_right(turn)
        if self.places.named_kinds(turn.text):
            return self.find_place(turn)
        detail = guess_act(turn.text, Context())
        if turn.context.topic and detail in ASPECTS:
            return self.ask_detail(turn, detail)
        if turn.context.awaiting == "commune" and len(turn.text.split()) <= LONGEST_COMMUNE:
            return self.give_commune(turn)
        outside = Reply((self._say_out_of_scope(),), turn.context)
        return self._offer_official(turn) or outside

    def _say_out_of_scope(self) -> Answer:
        return Answer(self.wording.say("out_of_scope"), self._theme_choices())

    def not_understood(self, turn: Turn) -> Reply:
        """Rasa is unsure or away: the search, the places, then the question; never a list of far subjects."""
        found = self.rights.find(turn.edition, turn.text)
        if found.sure or found.score >= FAINT:
            return self.ask_right(turn)
        if self.places.named_kinds(turn.text):
            return self.find_place(turn)
        match = self.places.match(turn.text)
        if match.status == "none" and turn.context.awaiting == "commune":
            return self._commune_not_found(turn.context, match)
        if match.status != "none":
            return self.give_commune(turn)
        if found.slugs and turn.context.awaiting is None:
            far = Reply((self._say_out_of_scope(),), turn.context, NOT_UNDERSTOOD)
            return self._offer_official(turn) or far
        return self._not_understood(turn)

    def _not_understood(self, turn: Turn) -> Reply:
        if turn.context.awaiting == "commune" and turn.text:
            return self._commune_not_found(turn.context, self.places.match(turn.text))
        answer = Answer(self.wording.say("not_understood"), self._theme_choices())
        lost = Reply((answer,), turn.context.but(awaiting=None), NOT_UNDERSTOOD)
        return self._offer_official(turn) or lost

    def _offer_official(self, turn: Turn) -> Reply | None:
        """A page of the State that the words clearly name, when our fiches have nothing but far subjects."""
        page = turn.edition.official.named(turn.text)
        if page is None or self.rights.find(turn.edition, turn.text).score >= FAINT:
            return None
        choices = (self._person_choice(), Choice(self.wording.say("button_menu"), {"act": "show_menu"}))
        answer = Answer(self.wording.say("official_page", title=page.title), choices, official=(page.id,))
        return Reply((answer,), turn.context.but(awaiting=None), ASKED)

    def _after_failure(self, turn: Turn, reply: Reply) -> Reply:
        """Count failures in a row; from the second on a person is offered, never a third "je n'ai pas compris"."""
        failures = turn.context.failures + 1
        context = reply.context.but(failures=failures)
        if failures < 2:
            return Reply(reply.answers, context, NOT_UNDERSTOOD)
        offered = self.person.answer(turn.edition, context, turn.now, asked=False)
        context = context.but(awaiting=offered.context.awaiting, last=offered.context.last)
        return Reply(offered.answers, context, NOT_UNDERSTOOD)

    def _ask_which(self, turn: Turn, slugs: tuple[str, ...], text: str, aspect: str | None = None) -> Reply:
        act = {"act": "show_detail", "aspect": aspect} if aspect else {"act": "show_fiche"}
        shown = slugs[: MAX_CHOICES - 2]
        choices = [Choice(turn.edition.get(slug).title, {**act, "slug": slug}) for slug in shown]
        choices.append(Choice(self.wording.say("none_of_these"), {"act": "none_of_these"}))
        context = turn.context.but(awaiting="subject", aspect=aspect, others=slugs)
        return Reply((Answer(text, tuple(choices), shown),), context, ASKED)

    def _with_commune(self, turn: Turn) -> Turn:
        """Remember a commune said in passing."""
        match = self.places.match(turn.text)
        if match.status == "one":
            context = turn.context.but(commune=match.communes[0].code_insee)
            return Turn(turn.text, context, turn.now, turn.edition, turn.choice)
        return turn

    def _fiche_choices(self, turn: Turn, slug: str, has_doors: bool) -> tuple[Choice, ...]:
        say = self.wording.say
        choices = [
            Choice(say("button_how"), {"act": "show_detail", "slug": slug, "aspect": "ask_how"}),
            Choice(say("button_papers"), {"act": "show_detail", "slug": slug, "aspect": "ask_papers"}),
            Choice(say("button_refused"), {"act": "show_detail", "slug": slug, "aspect": "ask_refused"}),
        ]
        if not has_doors and turn.edition.get(slug).lieux_kinds:
            choices.append(Choice(say("button_where"), {"act": "find_place", "slug": slug}))
        return (*choices, self._person_choice())

    def _place_choices(self, context: Context) -> tuple[Choice, ...]:
        choices = []
        if context.topic:
            papers = {"act": "show_detail", "slug": context.topic, "aspect": "ask_papers"}
            choices.append(Choice(self.wording.say("button_papers"), papers))
        return (*choices, self._person_choice(), Choice(self.wording.say("button_menu"), {"act": "show_menu"}))

    def _person_choice(self) -> Choice:
        return Choice(self.wording.say("button_person"), {"act": "ask_person"})

    def _theme_choices(self) -> tuple[Choice, ...]:
        return tuple(Choice(title, {"act": "theme", "theme": theme}) for theme, title in THEMES.items())


def _says_subject(found: Found, context: Context) -> bool:
    """Whether a question about a detail says of which subject: surely, or likely by its name or one just proposed."""
    return found.sure or (found.likely and (found.named or found.slugs[0] in context.others))


def _with_aspect(ask: Callable[[Turn, str], Reply], aspect: str) -> Callable[[Turn], Reply]:
    return lambda turn: ask(turn, aspect)
