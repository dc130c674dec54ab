"""A multipart body, streamed: its file goes to disk as it arrives, its fields are checked."""

from typing import Any, NamedTuple, cast

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from doors.api.bodies import StrictSerializer, reader_of
from doors.api.faults import Fault, InvalidInput, Rejected, rejected
from doors.api.fields import ClientId, InstantField, StrictChoice, StrictField
from doors.api.parsing import BodyBroken, LengthRequired, check_charset
from imports.operations import IncomingFile
from imports.policy.heads import format_of, is_workbook
from imports.policy.kinds import FORMATS, KINDS

MULTIPART = "multipart/form-data"
FILE = "file"
CHUNK_BYTES = 256 * 1024
TAIL_BYTES = 1024

FORMAT_UNKNOWN = "Neither the file's name nor its media type says; give csv or ndjson."
WORKBOOK = "It is a workbook of a spreadsheet: save the sheet as CSV UTF-8 (comma delimited)."


class MultipartMalformed(APIException):
    """A body that calls itself multipart and isn't."""

    status_code = 400
    default_code = "malformed_request"
    default_detail = "The body is not multipart/form-data."


class MultipartForm(BaseParser):
    """For the documentation: the views that take uploads read them themselves."""

    media_type = MULTIPART


class IncomingUpload(NamedTuple):
    """The file of a form, as far as it has arrived."""

    incoming: IncomingFile
    name: str
    media_type: str


class _Receiver(FileUploadHandler):
    """Writes the one file of the form to disk; names the others."""

    chunk_size = CHUNK_BYTES

    def __init__(self, incoming: IncomingFile) -> None:
        super().__init__()
        self.incoming = incoming
        self.has_file = False
        self.faults: list[Fault] = []

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, *args, **kwargs)
        if field_name != FILE:
            self.faults.append(Fault((field_name,), "unknown", "There is no such file."))
            raise SkipFile
        if self.has_file:
            self.faults.append(Fault((FILE,), "repeated", "One file at a time."))
            raise SkipFile
        self.has_file = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.incoming.write(raw_data)

    def file_complete(  # type: ignore[override]
        self, file_size: int
    ) -> IncomingUpload:
        return IncomingUpload(self.incoming, self.file_name or "", self.content_type or "")


class _Watched:
    """A body that knows how much of it was read, and how it ended.

    Django takes a body that breaks off for one that ends, and half a file for a whole one.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._bytes = 0
        self._tail = b""

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._request.read(size)
        self._bytes += len(piece)
        self._tail = (self._tail + piece[-TAIL_BYTES:])[-TAIL_BYTES:]
        return piece

    def check_end(self) -> None:
        """Refuse a body that isn't whole.

        Raises:
            BodyBroken: it is shorter than announced.
            MultipartMalformed: its last part isn't closed.
        """
        if self._bytes != int(self._request.META["CONTENT_LENGTH"]):
            raise BodyBroken
        _, options = parse_header_parameters(self._request.META["CONTENT_TYPE"])
        if f"--{options['boundary']}--".encode() not in self._tail:
            raise MultipartMalformed("The form has no end.")


class UploadField(StrictField):
    """The file."""

    def read(self, value: Any) -> IncomingUpload:
        if not isinstance(value, IncomingUpload):
            raise rejected("not_a_file", "This must be a file, with a file name.")
        if not value.incoming.bytes:
            raise rejected("empty", "The file is empty.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}


class ImportIn(StrictSerializer):
    """The form of `POST /imports`."""

    import_id = ClientId(help_text="Made by the client: the idempotency key, for ever.")
    kind = StrictChoice(KINDS)
    format = StrictChoice(
        FORMATS, required=False, help_text="By default what the file's name or media type says."
    )
    dry_run = StrictChoice(
        ("true", "false"),
        required=False,
        help_text="`true`: say what would become of the first rows, and write nothing.",
    )
    reported_at = InstantField(
        required=False,
        help_text="Of subscribers: as of when the file was made, for rows without a"
        " `reported_at` of their own. By default when it came.",
    )
    file = UploadField(
        help_text="CSV with a header (nested members dotted, as in `contract.months`), or"
        " NDJSON; UTF-8."
    )


def received_form(request: HttpRequest, incoming: IncomingFile) -> dict[str, Any]:
    """Read the body: the file into `incoming`, the rest returned as `ImportIn` says.

    Raises:
        InvalidInput: a field that is missing, unknown, repeated or faulty.
        UnsupportedMediaType, LengthRequired, BodyBroken, MultipartMalformed: the body as such.
    """
    fields, files, faults = _parts(request, incoming)
    said: dict[str, Any] = {}
    for name, values in (*fields.lists(), *files.lists()):
        if len(values) > 1 or name in said:
            faults.append(Fault((name,), "repeated", "This may be given once only."))
        said[name] = values[0]
    try:
        form = reader_of(ImportIn).read(said)
    except Rejected as rejection:
        faults += [fault for fault in rejection.faults if fault not in faults]
    if faults:
        raise InvalidInput(faults)
    return _with_format(form)


def _with_format(form: dict[str, Any]) -> dict[str, Any]:
    upload: IncomingUpload = form[FILE]
    if "format" not in form:
        guessed = format_of(upload.name, upload.media_type)
        if guessed is None:
            detail = WORKBOOK if is_workbook(upload.name) else FORMAT_UNKNOWN
            raise InvalidInput([Fault(("format",), "required", detail)])
        form["format"] = guessed
    return form


def _parts(request: HttpRequest, incoming: IncomingFile) -> tuple[QueryDict, Any, list[Fault]]:
    if not (request.content_type or "").startswith(MULTIPART):
        raise UnsupportedMediaType((request.content_type or "")[:100], f"Send {MULTIPART}.")
    check_charset(request)
    if not (request.META.get("CONTENT_LENGTH") or "").isdecimal():
        raise LengthRequired
    receiver, stream = _Receiver(incoming), _Watched(request)
    try:
        parser = MultiPartParser(request.META, cast(Any, stream), [receiver], request.encoding)
        fields, files = parser.parse()
    except MultiPartParserError:
        raise MultipartMalformed from None
    except UnreadablePostError:
        raise BodyBroken from None
    stream.check_end()
    return fields, files, receiver.faults
