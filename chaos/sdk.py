"""Sends batches like an SDK: again after a refusal, a cut or silence; what is acknowledged goes into the ledger."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from .events import Batch, Population
from .ledger import Ledger
from .plan import Plan

_SENDERS = 6
_RECENT = 20
_AGAIN_SECONDS = 0.1
_TIMEOUT_SECONDS = 12.0
_TOLD_TO_WAIT = (429, 503)


@dataclass(slots=True)
class Responses:
    """What came back: answers by status (`cut` for none), events refused wrongly or taken wrongly, repeats sent."""

    answers: Counter[str] = field(default_factory=Counter)
    poison_refused: Counter[str] = field(default_factory=Counter)
    misjudged: list[str] = field(default_factory=list)
    without_retry_after: int = 0
    repeats_within: int = 0
    repeats_after: int = 0

    @property
    def batches_with_poison(self) -> int:
        return self.poison_refused.total()

    def unexpected(self) -> dict[str, int]:
        """Answers that no SDK should ever get for such requests."""
        fine = {"202", "cut", *(str(status) for status in _TOLD_TO_WAIT)}
        return {status: count for status, count in sorted(self.answers.items()) if status not in fine}


class Sdk:
    """One client of the ingestor."""

    def __init__(self, url: str, key: str, ledger: Ledger, plan: Plan) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=_TIMEOUT_SECONDS
        )
        self._ledger = ledger
        self._plan = plan
        self._chance = plan.chance("sdk")
        self._recent: deque[Batch] = deque(maxlen=_RECENT)
        self._repeats: set[asyncio.Task[None]] = set()
        self.responses = Responses()
        self.delivering = 0
        """Batches that are being sent, again and again if need be."""

    async def send(self, population: Population, events_per_second: float, finished: Callable[[], bool]) -> None:
        """Sends the population's events at about this rate until `finished`, then what has to be sent again."""
        started = time.monotonic()
        sent = 0

        async def sender() -> None:
            nonlocal sent
            while not finished():
                if sent > events_per_second * (time.monotonic() - started):
                    await asyncio.sleep(0.01)
                    continue
                batch = await population.batch()
                sent += len(batch.events)
                await self.deliver(batch)

        async with asyncio.TaskGroup() as group:
            for _ in range(_SENDERS):
                group.create_task(sender())
        await asyncio.gather(*self._repeats)

    async def deliver(self, batch: Batch) -> None:
        """Sends until it is acknowledged; some batches are then sent again, now or after the window."""
        self.delivering += 1
        try:
            await self._insist(batch)
        finally:
            self.delivering -= 1
        self._ledger.acknowledge(event.entry for event in batch.events)
        self._recent.append(batch)
        if self._chance.random() < self._plan.repeated:
            if self._chance.random() < 0.5:
                self.responses.repeats_within += 1
                repeat = self._repeat(batch, 0)
            else:
                self.responses.repeats_after += 1
                again = batch.shuffled(self._chance) if self._chance.random() < 0.5 else batch
                repeat = self._repeat(again, self._plan.duplicate_window_seconds + 1)
            task = asyncio.create_task(repeat)
            self._repeats.add(task)
            task.add_done_callback(self._repeats.discard)

    async def repeat_recent(self) -> None:
        """Sends the last acknowledged batches again, in another order, so that the stream takes them as new."""
        for batch in self._recent:
            await self._insist(batch.shuffled(self._chance))

    async def try_once(self, batch: Batch) -> httpx.Response | None:
        """One attempt; None when there was no answer."""
        try:
            answer = await self._client.post("/v1/events", content=batch.body)
        except httpx.TransportError:
            self.responses.answers["cut"] += 1
            return None
        self.responses.answers[str(answer.status_code)] += 1
        if answer.status_code in _TOLD_TO_WAIT and not answer.headers.get("retry-after", "").isdecimal():
            self.responses.without_retry_after += 1
        return answer

    async def close(self) -> None:
        await self._client.aclose()

    async def _repeat(self, batch: Batch, after_seconds: float) -> None:
        await asyncio.sleep(after_seconds)
        await self._insist(batch)

    async def _insist(self, batch: Batch) -> None:
        while True:
            answer = await self.try_once(batch)
            if answer is not None and answer.status_code == 202:
                self._judge(batch, answer)
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    def _judge(self, batch: Batch, answer: httpx.Response) -> None:
        """Exactly the poison is refused."""
        receipt = answer.json()
        refused = {each["index"]: each["code"] for each in receipt["rejected"]}
        if refused.keys() == batch.poison.keys() and receipt["accepted"] == len(batch.events):
            self.responses.poison_refused.update(batch.poison.values())
        else:
            self.responses.misjudged.append(f"{batch.poison} was answered by {answer.text[:300]}")
