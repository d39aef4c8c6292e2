"""Delivers events to the HTTPS endpoints of applications. The process is `zettai webhooks`.

settings    the settings of the process
endpoints   the file of endpoints
payload     the body of a request
signature   its headers, by the Standard Webhooks convention
addresses   which addresses may be called
endpoint_requests  one request, with a deadline for the whole
answers     what the outcome of a request means: a pure function
retries     a delivery, and when it is tried again: pure functions
receiver    whether an endpoint's receiver works or is paused
queue       what waits for an endpoint, in order for each message
storage     what Redis keeps for an endpoint, written by its active process only
delivery    delivers the events of one endpoint
process     runs the endpoints of the file until a signal to stop, and reads the file again when it changes
replay      makes old events be delivered again
statistics  what metrics, `zettai top` and `zettai doctor` show
"""
