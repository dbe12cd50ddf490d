"""Limits of use: generous for a reception hall behind one address, kept in memory only."""

from ipaddress import ip_address

from aiohttp import web
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from gateway.errors import ApiError
from gateway.settings import Settings


class Limits:
    """Refuses with 429 and `Retry-After` what is beyond a limit."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._proxies = {part.strip() for part in settings.trusted_proxies.split(",") if part.strip()}
        self.new_conversations = RateLimitItemPerMinute(settings.new_conversations_per_minute)
        self.reads = RateLimitItemPerMinute(settings.reads_per_minute)
        self.of_conversation = RateLimitItemPerSecond(settings.messages_per_second_per_conversation)
        self.of_address = RateLimitItemPerSecond(settings.messages_per_second_per_address)

    async def check_read(self, request: web.Request) -> None:
        await self._hit(self.reads, "read", self.address(request))

    async def check_new_conversation(self, request: web.Request) -> None:
        await self._hit(self.new_conversations, "new", self.address(request))

    async def check_message(self, request: web.Request, conversation_id: str) -> None:
        await self._hit(self.of_conversation, "conversation", conversation_id)
        await self._hit(self.of_address, "address", self.address(request))

    async def _hit(self, limit: RateLimitItem, kind: str, who: str) -> None:
        if not await self._limiter.hit(limit, kind, who):
            raise ApiError(429, "too_many", {"Retry-After": str(limit.get_expiry())})

    def address(self, request: web.Request) -> str:
        """The caller's address; a proxy is believed only when it is one of ours."""
        address = request.remote or ""
        if address in self._proxies:
            forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
            try:
                return str(ip_address(forwarded))
            except ValueError:
                return address
        return address
