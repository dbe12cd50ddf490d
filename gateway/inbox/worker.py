"""The worker: every message it claims gets exactly one outcome (invariants I3, I4; tests R8, R9, R13, R18)."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from assistance.context import Context
from assistance.reply import NOT_UNDERSTOOD, Answer, Reply
from gateway.answers import Answerer
from gateway.dialogue.without_rasa import guess_act
from gateway.inbox.conversations import Conversations
from gateway.inbox.records import Claim, StoredMessage
from gateway.logs import log
from gateway.metrics import OUTCOMES, TURN_SECONDS, TURNS
from gateway.rasa_client import RasaClient, RasaError
from gateway.rasa_tracker import RasaTracker

SESSION_TURNS = 20  # Rasa's memory of a conversation is cut every so many turns (design §4)
MAX_ATTEMPTS = 3
LONGEST_NAME = 2  # words: so short, the answer to "quelle commune ?" is a name, even one nobody knows
FAILURES_BEFORE_PERSON = 2
CONCURRENCY = 16
SWEEP_S = 1.0


class Bell:
    """Wakes those who wait for news of a conversation in this process."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[asyncio.Event]] = defaultdict(set)

    def listen(self, conversation_id: str) -> asyncio.Event:
        event = asyncio.Event()
        self._waiters[conversation_id].add(event)
        return event

    def forget(self, conversation_id: str, event: asyncio.Event) -> None:
        waiters = self._waiters[conversation_id]
        waiters.discard(event)
        if not waiters:
            del self._waiters[conversation_id]

    def ring(self, conversation_id: str) -> None:
        for event in self._waiters.get(conversation_id, ()):
            event.set()

    def ring_all(self) -> None:
        for conversation_id in self._waiters:
            self.ring(conversation_id)


@dataclass
class Worker:
    """Answers claimed messages; sweeps up what a dead process left."""

    conversations: Conversations
    answerer: Answerer
    rasa: RasaClient | None
    bell: Bell
    tracker: RasaTracker
    rasa_answers: asyncio.Event  # set once Rasa has answered a first question and is known to be caged
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENCY))
    _stopping: bool = False
    last_sweep: float = field(default_factory=time.monotonic)

    def take(self, claim: Claim) -> "asyncio.Future[list[StoredMessage]]":
        """Answer a claim, and what follows it in the conversation, in the background.

        The future gets the answers to this very message once they are on disk; it is cancelled when they will come
        from elsewhere.
        """
        answered: asyncio.Future[list[StoredMessage]] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._work(claim, answered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: answered.cancel())
        return answered

    async def run(self) -> None:
        """Claim forgotten messages every second, until cancelled."""
        while True:
            try:
                for claim in await self.conversations.claim_waiting(CONCURRENCY):
                    self.take(claim)
                self.last_sweep = time.monotonic()
            except Exception as error:
                log.error("sweep failed", exc_info=error)
            await asyncio.sleep(SWEEP_S)

    async def stop(self, patience_s: float) -> None:
        """Take nothing new; wait for what is under way."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=patience_s)

    async def _work(self, first: Claim, answered: "asyncio.Future[list[StoredMessage]]") -> None:
        claim: Claim | None = first
        while claim is not None:
            conversation_id = claim.conversation_id
            async with self._slots:
                try:
                    stored, claim = await self._answer(claim)
                except Exception as error:  # the lease runs out and the sweep takes it again
                    log.error("turn not settled", conversation=conversation_id, exc_info=error)
                    return
            if stored is not None and not answered.done():
                answered.set_result(stored)
            self.bell.ring(conversation_id)
            if self._stopping and claim is not None:
                return  # the message waits, unclaimed in effect: its lease runs out

    async def _answer(self, claim: Claim) -> tuple[list[StoredMessage] | None, Claim | None]:
        started = time.perf_counter()
        reply, answered_by = await self._reply(claim)
        answers: Sequence[Answer] = reply.answers
        if claim.safety_given and (reply.outcome == NOT_UNDERSTOOD or answered_by == "fallback"):
            answers = [answer for answer in answers if answer.fiches or answer.lieux]
        context = reply.context
        stored, following = await self.conversations.settle(claim, answers, context, answered_by)
        if stored is not None:
            TURNS.labels(answered_by=answered_by).inc()
            OUTCOMES.labels(outcome=reply.outcome).inc()
            TURN_SECONDS.observe(time.perf_counter() - started)
            await self._cut_rasa_session(claim)
        elif answered_by == "rasa":  # erased meanwhile, perhaps: Rasa has written its copy after the erasing
            await self.tracker.erase([claim.conversation_id])
        return stored, following

    async def _reply(self, claim: Claim) -> tuple[Reply, str]:
        """Rasa's reply, else our own: never an exception."""
        now = datetime.now(UTC)
        if self.rasa is not None and self.rasa_answers.is_set() and claim.attempts <= MAX_ATTEMPTS:
            try:
                reply = await self.rasa.ask(claim.conversation_id, claim.text, claim.context, claim.choice)
                return await self._complete(claim, reply, now), "rasa"
            except RasaError as error:
                log.warning("rasa failed", conversation=claim.conversation_id, reason=error.reason)
        reply = await self.answerer.without_rasa(claim.text, claim.context, claim.choice, now)
        return (reply if self.rasa is None else self._count_failure(claim, reply, now)), "fallback"

    def _count_failure(self, claim: Claim, reply: Reply, now: datetime) -> Reply:
        """A turn without Rasa's understanding is a failure even when the search answers: from the second in a row on
        a person is proposed (R9)."""
        answers, context = reply.answers, reply.context.but(failures=claim.context.failures + 1)
        if context.failures >= FAILURES_BEFORE_PERSON and not any(answer.handoff for answer in answers):
            edition = self.answerer.knowledge.loaded
            offer = self.answerer.dialogue.person.answer(edition, context, now, asked=True)
            answers += offer.answers
            context = context.but(awaiting=context.awaiting or offer.context.awaiting)
        return Reply(answers, context, reply.outcome)

    async def _complete(self, claim: Claim, reply: Reply, now: datetime) -> Reply:
        """A commune said while Rasa makes small talk is remembered all the same."""
        if reply.context.but(failures=0) != claim.context.but(failures=0):
            return reply
        if len(claim.text.split()) <= LONGEST_NAME and guess_act(claim.text, claim.context) == "give_commune":
            return await self.answerer.answer("give_commune", claim.text, claim.context, None, now)
        context: Context = self.answerer.remember_commune(claim.text, reply.context)
        return Reply(reply.answers, context, reply.outcome)

    async def _cut_rasa_session(self, claim: Claim) -> None:
        if self.rasa is None or (claim.turns + 1) % SESSION_TURNS:
            return
        try:
            await self.rasa.restart_session(claim.conversation_id)
        except RasaError as error:
            log.warning("rasa session not cut", conversation=claim.conversation_id, reason=error.reason)
