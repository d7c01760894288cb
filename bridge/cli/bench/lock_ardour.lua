-- Ardour without a screen as a clock master, led by lines on standard input: the session's folder,
-- then a word a line, answered by "done".
local folder = io.read("l")
AudioEngine:set_backend("JACK", "ardour", "")
local session = load_session(folder, "song")
ARDOUR.config().send_midi_clock = true
local ui = ARDOUR.TransportRequestSource.TRS_UI
local map = Temporal.TempoMap.fetch_writable()
map:set_tempo(Temporal.Tempo(140, 140, 4), Temporal.timepos_t.from_ticks(1920 * 16))
map:set_meter(Temporal.Meter(3, 4), Temporal.timepos_t.from_ticks(1920 * 32))
Temporal.TempoMap.update(map)
local words = {
  roll = function() session:request_roll(ui) end,
  stop = function() session:request_stop(false, false, ui) end,
  loop = function() session:request_play_loop(true, false) end,
  where = function() end,
  locate = function(quarters)
    local at = Temporal.TempoMap.read():sample_at_beats(Temporal.Beats(quarters, 0))
    session:request_locate(at, false, ARDOUR.LocateTransportDisposition.RollIfAppropriate, ui)
  end,
}
print("ready")
io.stdout:flush()
for line in io.lines() do
  local word, quarters = line:match("(%a+) ?(%d*)")
  words[word](math.tointeger(tonumber(quarters)))
  ARDOUR.LuaAPI.usleep(20000)
  print("done " .. session:transport_sample())
  io.stdout:flush()
end
