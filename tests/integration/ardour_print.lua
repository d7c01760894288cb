-- Ardour without a screen, with our script in it. Lines on standard input: the session's folder,
-- the script's path, then words, each answered by lines and "done". Ardour's timer is the word
-- "serve".
local folder, path = io.read("l"), io.read("l")
AudioEngine:set_backend("JACK", "ardour", "")
Session = load_session(folder, "song")
ardour = function() end
local file = io.open(path, "rb")
local loaded = assert(load(file:read("a")))
file:close()
loaded()
local hook = factory()

local function beats(text)
  local whole, ticks = text:match("(-?%d+):(%d+)")
  return (tonumber(whole) * 1920 + tonumber(ticks)) // 1
end

local words = {}
function words.serve() hook() end
function words.save() Session:save_state("", false, false, false) end
function words.tempo(at, from)
  local map = Temporal.TempoMap.fetch_writable()
  map:set_tempo(Temporal.Tempo(tonumber(from), tonumber(from), 4),
    Temporal.timepos_t.from_ticks(1920 * tonumber(at)))
  Temporal.TempoMap.update(map)
end
function words.meter(at, divisions, value)
  local map = Temporal.TempoMap.fetch_writable()
  map:set_meter(Temporal.Meter(tonumber(divisions), tonumber(value)),
    Temporal.timepos_t.from_ticks(1920 * tonumber(at)))
  Temporal.TempoMap.update(map)
end
function words.locate(sample)
  Session:request_locate(tonumber(sample), false,
    ARDOUR.LocateTransportDisposition.MustStop, ARDOUR.TransportRequestSource.TRS_UI)
  ARDOUR.LuaAPI.usleep(300000)
end
function words.audio_track(...)
  Session:new_audio_track(1, 2, nil, 1, table.concat({ ... }, " "),
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
end
function words.dump()
  local map = Temporal.TempoMap.read()
  for route in Session:get_tracks():iter() do
    local playlist = route:to_track():playlist()
    for region in playlist:region_list():iter() do
      local at = region:position()
      print(table.concat({ "region", route:name(), region:name(),
        at:ticks(), region:length():ticks(), map:bbt_at(at):str(), at:samples() }, "\t"))
      local midi = region:to_midiregion()
      if not midi:isnil() then
        for note in ARDOUR.LuaAPI.note_list(midi:model()):iter() do
          print(table.concat({ "note", beats(note:time():str()), beats(note:length():str()),
            note:note(), note:velocity(), note:channel() }, "\t"))
        end
      end
    end
  end
end

print("ready")
io.stdout:flush()
for line in io.lines() do
  local parts = {}
  for part in line:gmatch("%S+") do parts[#parts + 1] = part end
  local done, why = pcall(words[parts[1]], table.unpack(parts, 2))
  print(done and "done" or "failed " .. tostring(why))
  io.stdout:flush()
end
close_session()
