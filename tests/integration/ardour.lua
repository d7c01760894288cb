-- Ardour without a screen, led by lines on standard input: the session's folder first, then
-- one word a line, some with a sample. Each is answered: done WORD SAMPLE ROLLING.
local folder = io.read("l")
AudioEngine:set_backend("JACK", "ardour", "")
local session = load_session(folder, "song")
ARDOUR.config().send_midi_clock = true
local ui = ARDOUR.TransportRequestSource.TRS_UI
local words = {
  where = function() end,
  roll = function() session:request_roll(ui) end,
  stop = function() session:request_stop(false, false, ui) end,
  locate = function(to)
    session:request_locate(to, false, ARDOUR.LocateTransportDisposition.RollIfAppropriate, ui)
  end,
  loop = function() session:request_play_loop(true, false) end,
}
print("ready")
io.stdout:flush()
for line in io.lines() do
  local word, sample = line:match("(%a+) ?(%d*)")
  words[word](tonumber(sample))
  ARDOUR.LuaAPI.usleep(20000)
  print("done " .. word .. " " .. session:transport_sample() .. " "
    .. tostring(session:transport_rolling()))
  io.stdout:flush()
end
