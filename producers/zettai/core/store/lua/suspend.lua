-- include suspension.lua
-- Suspends all sending. ARGV: reason, delay until the next retry (ms), "1" if the circuit is open (provider down).
-- Returns 1 if sending was not suspended for this reason before, so that the caller raises one alert and not thousands.
return suspend('', ARGV[1], ARGV[2], ARGV[3] == '1') and 1 or 0
