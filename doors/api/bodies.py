"""Objects and lists, read: a JSON object with known members only, a query string, a batch.

`read` keeps no state, so that one instance of a serializer serves every request.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.fields import SkipField, empty

from doors.api.faults import Fault, InvalidInput, Rejected, faults_in, faults_shown, rejected
from doors.api.fields import StrictField

_ABSENT = object()
_NONE: Mapping[str, StrictField] = {}

Reader = TypeVar("Reader", bound="StrictSerializer")


class StrictList(StrictField):
    """A JSON array whose items are all of one kind.

    Args:
        child: the field or serializer that reads an item.
        max_items: refused above this, before any item is read.
        min_items: refused beneath this.
    """

    def __init__(
        self,
        child: "StrictField | StrictSerializer",
        *,
        max_items: int,
        min_items: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.child = child
        self.child.bind(field_name="", parent=cast("serializers.BaseSerializer[Any]", self))
        self.max_items = max_items
        self.min_items = min_items

    def read(self, value: Any) -> list[Any]:
        items = self.unread(value)
        read = self.child.read
        found, faults = [], []
        for index, item in enumerate(items):
            try:
                found.append(read(item))
            except Rejected as rejection:
                faults += [fault.beneath(index) for fault in rejection.faults]
        if faults:
            raise Rejected(faults)
        return found

    def unread(self, value: Any) -> list[Any]:
        """Return the items as they were sent, once their number is acceptable.

        Raises:
            Rejected: not an array, or too few or too many items.
        """
        if type(value) is not list:
            raise rejected("not_a_list", "This must be an array.")
        if len(value) > self.max_items:
            raise rejected("too_many", f"At most {self.max_items} items.")
        if len(value) < self.min_items:
            raise rejected("too_few", f"At least {self.min_items} items.")
        return value

    def to_representation(self, value: Iterable[Any]) -> list[Any]:
        return [self.child.to_representation(item) for item in value]


class UnreadList(StrictList):
    """An array whose items are read one by one later, so that one bad item spares the others.

    The documentation shows it with its items; `parse_each` reads them.
    """

    def read(self, value: Any) -> list[Any]:
        return self.unread(value)


class _Member(NamedTuple):
    """What a serializer must know of one of its fields while reading."""

    name: str
    read: Callable[[Any], Any]
    target: str
    is_required: bool
    default: Any


class StrictSerializer(serializers.Serializer[Any]):
    """A JSON object with known members only.

    `read` keeps no state: `parsed` and `parse_each` use one instance for all requests.
    A subclass adds rules across members by overriding `faults`.
    """

    _known_members: list[_Member] | None = None

    def faults(self, values: dict[str, Any]) -> Iterable[Fault]:
        """Return what is wrong across members, each of which was fine by itself."""
        return ()

    def read(self, value: Any) -> dict[str, Any]:
        """Return the members that are meant; absent optional ones are left out.

        Raises:
            Rejected: with every fault, unknown members among them.
        """
        if type(value) is not dict:
            raise rejected("not_an_object", "This must be an object.")
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        known = 0
        for member in self._members():
            item = value.get(member.name, _ABSENT)
            if item is _ABSENT:
                _take_absent(member, values, faults)
                continue
            known += 1
            try:
                values[member.target] = member.read(item)
            except Rejected as rejection:
                faults += _faults_of_member(member, item, rejection)
        if known != len(value):
            faults += self._unknown(value)
        if faults:
            raise Rejected(faults)
        faults += self.faults(values)
        if faults:
            raise Rejected(faults)
        return values

    def run_validation(self, data: Any = empty) -> Any:
        """Lead DRF's own entrance (`is_valid`) to `read`."""
        is_empty_value, data = self.validate_empty_values(data)
        if is_empty_value:
            return data
        try:
            return self.read(data)
        except Rejected as rejection:
            raise InvalidInput(rejection.faults) from None

    def _members(self) -> Sequence[_Member]:
        if self._known_members is None:
            self._known_members = [
                _Member(
                    name=name,
                    read=_reader(field),
                    target=field.source or name,
                    is_required=field.required,
                    default=field.default,
                )
                for name, field in self.fields.items()
                if not field.read_only
            ]
        return self._known_members

    def _unknown(self, value: Mapping[str, Any]) -> list[Fault]:
        names = {member.name for member in self._members()}
        return [
            Fault((name,), "unknown", "There is no such member.")
            for name in value
            if name not in names
        ]


def _take_absent(member: _Member, values: dict[str, Any], faults: list[Fault]) -> None:
    if member.is_required:
        faults.append(Fault((member.name,), "required", "This is required."))
    elif member.default is not empty:
        default = member.default
        values[member.target] = default() if callable(default) else default


def _faults_of_member(member: _Member, item: Any, rejection: Rejected) -> list[Fault]:
    if item is None:
        return [Fault((member.name,), "null", "This must not be null.")]
    return [fault.beneath(member.name) for fault in rejection.faults]


def _reader(field: Any) -> Callable[[Any], Any]:
    """Return how to read the value of a member; DRF's own fields (files) stay usable."""
    if field.allow_null:
        read = _reader_of_present(field)
        return lambda value: None if value is None else read(value)
    return _reader_of_present(field)


def _reader_of_present(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, (StrictField, StrictSerializer)):
        return field.read
    assert not isinstance(field, serializers.ListSerializer), "many=True loses pointers: StrictList"

    def read_by_drf(value: Any) -> Any:
        try:
            return field.run_validation(value)
        except serializers.ValidationError as error:
            raise Rejected(faults_in(error.detail)) from None
        except SkipField:
            raise AssertionError("a value that is present is never skipped") from None

    return read_by_drf


class StrictQuery(StrictSerializer):
    """The parameters of a query string: each at most once, and no unknown ones.

    Its fields read text: `IntegerText`, `InstantField`, `DateField`, `ClientId`, `StrictChoice`.
    """

    def read_query(
        self, query: QueryDict, *, also: Mapping[str, StrictField] = _NONE
    ) -> dict[str, Any]:
        """Return the values of the parameters.

        Args:
            query: the request's.
            also: optional parameters besides (a filter set's).

        Raises:
            InvalidInput: with the name of each faulty parameter.
        """
        repeated = [
            Fault((name,), "repeated", "This parameter may be given once only.")
            for name, values in query.lists()
            if len(values) > 1
        ]
        if repeated:
            raise InvalidInput(repeated, place="parameter")
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        try:
            values = self.read({name: text for name, text in query.items() if name not in also})
        except Rejected as rejection:
            faults += rejection.faults
        for name, field in also.items():
            if name in query:
                try:
                    values[name] = field.read(query[name])
                except Rejected as rejection:
                    faults += [fault.beneath(name) for fault in rejection.faults]
        if faults:
            raise InvalidInput(faults, place="parameter")
        return values

    def _unknown(self, value: Mapping[str, Any]) -> list[Fault]:
        return [
            fault._replace(detail="There is no such parameter.")
            for fault in super()._unknown(value)
        ]


@cache
def reader_of(serializer_class: type[Reader]) -> Reader:
    """Return the one instance of a serializer that reads for every request."""
    return serializer_class()


def parsed(serializer_class: type[StrictSerializer], body: Any) -> dict[str, Any]:
    """Return the validated members of a body that was parsed from JSON.

    Raises:
        InvalidInput: answered as 400 with every fault.
    """
    try:
        values: dict[str, Any] = reader_of(serializer_class).read(body)
    except Rejected as rejection:
        raise InvalidInput(rejection.faults) from None
    return values


def parse_each(
    serializer_class: type[StrictSerializer], items: Iterable[Any]
) -> list[dict[str, Any] | list[dict[str, str]]]:
    """Return for each item its validated members, or the list of what is wrong with it.

    Never raises: a dict is a good item, a list of `{pointer, code, detail}` a bad one, its
    pointers counted from the item.
    """
    read = reader_of(serializer_class).read
    results: list[dict[str, Any] | list[dict[str, str]]] = []
    for item in items:
        try:
            results.append(read(item))
        except Rejected as rejection:
            results.append(faults_shown(rejection.faults))
    return results
