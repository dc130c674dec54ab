"""How files of forms are kept while they arrive."""

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler


class SpoolToDisk(TemporaryFileUploadHandler):
    """Django's, whose files on disk are named without the sender's words.

    Django's own ends them as the sender's name ends, and fails where the end is longer than the
    file system lets a name be.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open a file in `FILE_UPLOAD_TEMP_DIR` that ends with `.upload`."""
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = TemporaryUploadedFile(
            "spooled", self.content_type, 0, self.charset, self.content_type_extra
        )
        self.file.name = self.file_name
