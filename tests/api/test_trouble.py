"""What an error of PostgreSQL or Temporal is answered: only what can pass by itself is "try again"."""

import pytest
from psycopg import errors
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio.service import RPCError, RPCStatusCode

from api import trouble


def an_error(named: type[Exception], kind: type[DBAPIError] = DBAPIError) -> DBAPIError:
    return kind("select 1", {}, named("as PostgreSQL says it"))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (an_error(errors.UniqueViolation, IntegrityError), 409),
        (an_error(errors.ExclusionViolation), 409),
        (an_error(errors.ForeignKeyViolation), 422),
        (an_error(errors.CheckViolation), 422),
        (an_error(errors.NotNullViolation), 422),
        (an_error(errors.NumericValueOutOfRange), 422),
        (an_error(errors.UntranslatableCharacter), 422),
        (an_error(errors.DataError, DataError), 422),
        (an_error(errors.ProgramLimitExceeded), 413),
        (an_error(errors.LockNotAvailable), 429),
        (an_error(errors.QueryCanceled), 503),
        (an_error(errors.SerializationFailure), 503),
        (an_error(errors.DeadlockDetected), 503),
        (an_error(errors.TooManyConnections), 503),
        (an_error(errors.AdminShutdown), 503),
        (an_error(errors.DiskFull), 503),
        (an_error(errors.OperationalError, OperationalError), 503),
        (PoolTimeout("the pool is empty"), 503),
        (an_error(errors.UndefinedColumn), 500),
        (an_error(errors.RaiseException), 500),
        (an_error(errors.InFailedSqlTransaction), 500),
    ],
)
def test_an_error_of_the_database_is_answered_by_what_it_means(error: DBAPIError | PoolTimeout, status: int) -> None:
    assert trouble.of_database(error).status == status


@pytest.mark.parametrize(
    ("named", "status"),
    [
        (RPCStatusCode.UNAVAILABLE, 503),
        (RPCStatusCode.DEADLINE_EXCEEDED, 503),
        (RPCStatusCode.RESOURCE_EXHAUSTED, 503),
        (RPCStatusCode.INVALID_ARGUMENT, 500),
        (RPCStatusCode.PERMISSION_DENIED, 500),
    ],
)
def test_an_error_of_temporal_is_answered_by_what_it_means(named: RPCStatusCode, status: int) -> None:
    assert trouble.of_temporal(RPCError("as Temporal says it", named, b"")).status == status
