"""The account and the message of the tests. All values but the tag are secret."""

from zettai_worker.provider import SendRequest

TOKEN = "Tk0en1Tk0en2Tk0en3Tk0en4Tk0en5Tk"
CLIENT_ID = "4444"
SMS_CODE = "55555"

MESSAGE = SendRequest(phone_number="+819012345678", message="確認コードは 4711+です&=%", client_tag="tag-1")
