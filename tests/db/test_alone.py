"""Work that one does at a time: whoever comes next finds it free, whoever comes meanwhile does not."""

from sqlalchemy.ext.asyncio import AsyncEngine

from db.locks import alone

NUMBER = 7_315_001


async def test_who_comes_right_after_the_one_before_is_alone_again(engine: AsyncEngine) -> None:
    for _ in range(100):
        async with alone(engine, NUMBER) as is_alone:
            assert is_alone


async def test_who_comes_meanwhile_is_not_alone_and_takes_nothing_from_the_one_who_is(engine: AsyncEngine) -> None:
    async with alone(engine, NUMBER) as is_first_alone:
        for _ in range(2):
            async with alone(engine, NUMBER) as is_second_alone:
                assert is_first_alone and not is_second_alone
