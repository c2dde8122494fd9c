"""The one guard between an address that a person typed and the network that the service stands in.

A name is resolved once, each of its addresses is judged, and the connection goes to one of those that were judged, with
the name in `Host` and in TLS. So a name whose addresses change between check and use gains nothing. Redirects are not
followed; if a caller follows one, its address is judged like the first.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from service_kit.addresses import Address, AllowList, is_in_numbers, is_public, parsed

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host. Raises OSError when there are none."""

URL_LENGTH_MAX = 2048
_PORTS = {"https": 443, "http": 80}
_PORT_UNPRIVILEGED = 1024
_RESOLVERS = 16
_URL = re.compile(
    r"(?P<scheme>https?)://(?:(?P<userinfo>[^/?#]*)@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?][!\"$-\[\]-~]*)?",
    re.IGNORECASE,
)
# Of its own: a name server that doesn't answer must not take the threads that others work in.
_threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver")


class AddressRefused(httpx.TransportError):
    """Nothing is sent to this address. `code` is stable, `reason` is a sentence for whoever typed it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL leads to. `host` is a name in small letters or an address without brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """What an answer may cost: `seconds` from the request's first step to the body's last byte, and the body's size."""

    seconds: float = 15.0
    bytes: int = 1024 * 1024


async def system_addresses(host: str, port: int) -> Sequence[str]:
    """By the resolver of the machine."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_threads, addresses_now, host, port)
    return list(found)


def addresses_now(host: str, port: int) -> Sequence[str]:
    """The same where waiting is allowed."""
    try:
        return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except UnicodeError as error:
        raise OSError("not a host name") from error


def target_of(url: str) -> Target:
    """Reads a URL strictly: what parsers could read in two ways is refused. Raises `AddressRefused`."""
    if len(url) > URL_LENGTH_MAX:
        raise AddressRefused("bad_url", f"must have at most {URL_LENGTH_MAX} characters")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise AddressRefused(
            "bad_url", "must be an address like https://example.com/path, in ASCII, without spaces and fragment"
        )
    if parts["userinfo"] is not None:
        raise AddressRefused("credentials_in_url", "must not hold a user name or a password")
    scheme, host = parts["scheme"].lower(), parts["host"].lower().strip("[]")
    port = int(parts["port"]) if parts["port"] else _PORTS[scheme]
    if not 0 < port <= 65535:
        raise AddressRefused("port_not_allowed", "must name a port from 1 to 65535")
    if ":" in host or is_in_numbers(host):
        try:
            host = str(parsed(host))
        except ValueError:
            raise AddressRefused("bad_url", "must name an IP address in its usual form, such as 203.0.113.7") from None
    elif ".." in host or any(len(label) > 63 for label in host.split(".")):
        raise AddressRefused("bad_url", "must name a host, such as example.com")
    return Target(scheme, host, port)


class OutboundGuard:
    """Says which typed addresses may be reached, and reaches them.

    `allow`: hosts inside that may be named nevertheless, also by http and on any port: names, addresses, networks.
    `resolve`, `network` and `tls` are the machine's unless a test gives others.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        resolve: Resolve = system_addresses,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = AllowList(allow)
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()
        self._tls = tls or httpx.create_ssl_context()

    def allows(self, host: str) -> bool:
        """Whether the operator has named the host, or the address that it is: nothing about it is refused then."""
        with suppress(ValueError):
            return self._allow.has_address(parsed(host))
        return self._allow.has_name(host)

    async def check(self, url: str) -> None:
        """Raises `AddressRefused` for a URL that nothing would be sent to now."""
        await self.addresses(target_of(url))

    async def addresses(self, target: Target) -> Sequence[Address]:
        """The addresses of the target, each of them judged. Raises `AddressRefused`."""
        try:
            found = await self._resolve(target.host, target.port)
        except OSError:
            found = ()
        return self.judged(target, found)

    def judged(self, target: Target, found: Iterable[str]) -> Sequence[Address]:
        """The addresses that were found for the target, if it may be reached at every one of them. Raises
        `AddressRefused`, in the same words for a host that isn't there and for one inside: who asks learns nothing of
        the network."""
        named = self._allow.has_name(target.host)
        addresses = tuple(dict.fromkeys(parsed(each) for each in found))
        if not addresses or not all(named or self._allow.has_address(each) or is_public(each) for each in addresses):
            raise AddressRefused(
                "not_public", f"the host {target.host} has no public address, or has one inside, which is not reached"
            )
        if not (named or all(self._allow.has_address(each) for each in addresses)):
            if target.scheme != "https":
                raise AddressRefused("scheme_not_allowed", "must be reached by https")
            if target.port != _PORTS["https"] and target.port < _PORT_UNPRIVILEGED:
                raise AddressRefused("port_not_allowed", "must be reached at port 443 or at one from 1024 on")
        return addresses

    def transport(self, limits: AnswerLimits = AnswerLimits()) -> httpx.AsyncBaseTransport:
        """For clients of httpx: each request is judged, whatever its client does."""
        return _GuardedTransport(self, self._network, self._tls, limits)

    def client(self, limits: AnswerLimits = AnswerLimits()) -> httpx.AsyncClient:
        """A client that reaches what it may, follows no redirect, and keeps no connection and no cookie of the
        environment's proxies."""
        return httpx.AsyncClient(transport=self.transport(limits), timeout=limits.seconds, trust_env=False)


class _Judged(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, whatever name is asked for."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, addresses: Sequence[Address]) -> None:
        self._network = network
        self._addresses = addresses

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del host
        *others, last = self._addresses
        each_seconds = None if timeout is None else timeout / len(self._addresses)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._network.connect_tcp(str(address), port, each_seconds, local_address, socket_options)
        return await self._network.connect_tcp(str(last), port, each_seconds, local_address, socket_options)


class _GuardedTransport(httpx.AsyncBaseTransport):
    """One connection a request, to an address that was judged for it."""

    def __init__(
        self, guard: OutboundGuard, network: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext, limits: AnswerLimits
    ) -> None:
        self._guard = guard
        self._network = network
        self._tls = tls
        self._limits = limits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        deadline = asyncio.get_running_loop().time() + self._limits.seconds
        target = target_of(str(request.url.copy_with(fragment=None)))
        # A compressed answer could be of any size once it is read; nobody asked for one, so none is unpacked.
        request.headers["Accept-Encoding"] = "identity"
        async with _in_time(deadline):
            addresses = await self._guard.addresses(target)
            connection = httpcore.AsyncHTTPConnection(
                origin=httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port),
                ssl_context=self._tls,
                network_backend=_Judged(self._network, addresses),
            )
            try:
                answer = await connection.handle_async_request(_plain(request, target))
            except BaseException:
                await connection.aclose()
                raise
        return httpx.Response(
            answer.status,
            headers=[(name, value) for name, value in answer.headers if name.lower() != b"content-encoding"],
            stream=_Body(answer, connection, deadline, self._limits.bytes),
            extensions={"http_version": answer.extensions.get("http_version", b"HTTP/1.1")},
        )


class _Body(httpx.AsyncByteStream):
    """An answer's body, which ends with an error at the limit of its time or size."""

    def __init__(
        self, answer: httpcore.Response, connection: httpcore.AsyncHTTPConnection, deadline: float, bytes_max: int
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._deadline = deadline
        self._bytes_max = bytes_max

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = aiter(self._answer.aiter_stream())
        left = self._bytes_max
        while True:
            async with _in_time(self._deadline):
                part = await anext(parts, None)
            if part is None:
                return
            left -= len(part)
            if left < 0:
                raise httpx.ReadError(f"the answer is larger than {self._bytes_max} bytes")
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()
        await self._connection.aclose()


@asynccontextmanager
async def _in_time(deadline: float) -> AsyncIterator[None]:
    """What happens inside ends by then, and speaks of its failures in httpx's words."""
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError:
        raise httpx.ReadTimeout("the answer took too long") from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        kind: Any = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error


def _plain(request: httpx.Request, target: Target) -> httpcore.Request:
    assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101 - of an asynchronous client
    address = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=request.url.raw_path
    )
    return httpcore.Request(
        request.method, address, headers=request.headers.raw, content=request.stream, extensions=request.extensions
    )
