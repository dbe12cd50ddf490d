"""Counters for Prometheus. Labels hold closed lists of words, never anything a citizen wrote."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
_MS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.09, 0.2, 0.5, 1, 2, 4, 8, 10)

HTTP = Counter("proche_http_requests", "Requests by route and status class", ["route", "status"], registry=REGISTRY)
MESSAGES = Counter("proche_messages", "Messages by channel and direction", ["channel", "direction"], registry=REGISTRY)
TURNS = Counter("proche_turns", "Turns by who answered", ["answered_by"], registry=REGISTRY)
OUTCOMES = Counter("proche_outcomes", "Turns by outcome", ["outcome"], registry=REGISTRY)
DANGER = Counter("proche_danger", "Messages in which danger was heard", ["level", "theme"], registry=REGISTRY)
TURN_SECONDS = Histogram("proche_turn_seconds", "From claim to settled", buckets=_MS, registry=REGISTRY)
OLDEST_PENDING = Gauge("proche_oldest_pending_seconds", "Age of the oldest message without outcome", registry=REGISTRY)
FLAGS = Gauge("proche_danger_flags_waiting", "Conversations flagged and not closed", registry=REGISTRY)
PURGED = Counter("proche_purged", "Rows erased by the purge", ["table"], registry=REGISTRY)


def render() -> bytes:
    return generate_latest(REGISTRY)
