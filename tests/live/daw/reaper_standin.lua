-- The ReaScript calls that our script uses, on a project that is a table: items with notes, a
-- tempo map of measures, markers. Lines on standard input are words, answered by lines and "done".
local path = io.read("l")

-- Measures: from quarter note `qn` on, bars of `num`/`den` at `bpm` (quarter notes a minute).
local map = { { qn = 0, measure = 0, num = 4, den = 4, bpm = 120 } }
local tracks, marks = {}, {}
local state = { cursor = 0, play = 0, playing = 0, loop = { 0, 0 }, ring = 0 }
local undo_blocks, depth, ids = {}, 0, 0
local run

local function segment(qn)
  local found = map[1]
  for _, each in ipairs(map) do if each.qn <= qn + 1e-12 then found = each end end
  return found
end

local function to_time(qn)
  local time = 0
  for i, each in ipairs(map) do
    local upto = map[i + 1] and math.min(map[i + 1].qn, qn) or qn
    if upto > each.qn then time = time + (upto - each.qn) * 60 / each.bpm end
  end
  return time
end

local function to_qn(time)
  local qn = 0
  for i, each in ipairs(map) do
    local after = map[i + 1] and to_time(map[i + 1].qn) or math.huge
    local begin = to_time(each.qn)
    if time >= begin then qn = each.qn + (math.min(time, after) - begin) * each.bpm / 60 end
  end
  return qn
end

local function qn_of_bar(each) return each.num * 4 / each.den end

reaper = {}
function reaper.TimeMap2_QNToTime(_, qn) return to_time(qn) end
function reaper.TimeMap2_timeToQN(_, time) return to_qn(time) end
function reaper.TimeMap2_timeToBeats(_, time)
  local qn = to_qn(time)
  local each = segment(qn)
  local measure = each.measure + math.floor((qn - each.qn) / qn_of_bar(each))
  return 0, measure, each.num, qn, each.den
end
function reaper.TimeMap_GetMeasureInfo(_, measure)
  local found = map[1]
  for _, each in ipairs(map) do if each.measure <= measure then found = each end end
  local first = found.qn + (measure - found.measure) * qn_of_bar(found)
  return to_time(first), first, first + qn_of_bar(found), found.num, found.den, found.bpm
end
function reaper.CountTracks() return #tracks end
function reaper.GetTrack(_, index) return tracks[index + 1] end
function reaper.InsertTrackAtIndex(index) table.insert(tracks, index + 1, { name = "", items = {} }) end
function reaper.DeleteTrack(track)
  for i, each in ipairs(tracks) do if each == track then table.remove(tracks, i) return end end
end
function reaper.GetSetMediaTrackInfo_String(track, what, value, set)
  assert(what == "P_NAME")
  if set then track.name = value end
  return true, track.name
end
function reaper.CountTrackMediaItems(track) return #track.items end
function reaper.GetTrackMediaItem(track, index) return track.items[index + 1] end
function reaper.GetMediaItemInfo_Value(item, what)
  if what == "D_POSITION" then return to_time(item.first) end
  assert(what == "D_LENGTH")
  return to_time(item.last) - to_time(item.first)
end
function reaper.CreateNewMIDIItemInProj(track, first, last, in_qn)
  assert(in_qn == true)
  if track.locked then return nil end
  ids = ids + 1
  local item = { first = first, last = last, guid = "{" .. ids .. "}", take = { notes = {} } }
  item.take.item = item
  track.items[#track.items + 1] = item
  return item
end
function reaper.GetActiveTake(item) return item.take end
function reaper.MIDI_GetPPQPosFromProjQN(take, qn) return (qn - take.item.first) * 960 end
function reaper.MIDI_InsertNote(take, selected, muted, from, upto, channel, pitch, velocity, no_sort)
  assert(selected == false and muted == false and no_sort == true)
  if take.full then return false end
  take.notes[#take.notes + 1] = { from, upto, channel, pitch, velocity }
  return true
end
function reaper.MIDI_Sort(take) take.sorted = true end
function reaper.GetSetMediaItemTakeInfo_String(take, what, value, set)
  assert(what == "P_NAME" and set)
  take.name = value
  return true, value
end
function reaper.GetSetMediaItemInfo_String(item, what)
  assert(what == "GUID")
  return true, item.guid
end
function reaper.DeleteTrackMediaItem(track, item)
  for i, each in ipairs(track.items) do
    if each == item then table.remove(track.items, i) return true end
  end
  return false
end
function reaper.Undo_BeginBlock2() depth = depth + 1 end
function reaper.Undo_EndBlock2(_, name) depth = depth - 1 undo_blocks[#undo_blocks + 1] = name end
function reaper.PreventUIRefresh(by) state.refresh = (state.refresh or 0) + by end
function reaper.UpdateArrange() end
function reaper.GetCursorPosition() return to_time(state.cursor) end
function reaper.GetPlayPosition() return to_time(state.play) end
function reaper.GetPlayState() return state.playing end
function reaper.GetSetRepeat() return state.ring end
function reaper.GetSet_LoopTimeRange() return to_time(state.loop[1]), to_time(state.loop[2]) end
function reaper.GetProjectName() return "song.rpp" end
function reaper.EnumProjectMarkers(index)
  local mark = marks[index + 1]
  if not mark then return 0 end
  return index + 1, mark.region, to_time(mark.qn), 0, mark.name, index
end
function reaper.defer(f) run = f end

local file = assert(io.open(path, "rb"))
assert(load(file:read("a"), "latent_bridge.lua"))()
file:close()

local words = {}
function words.serve() run() end
function words.metre(qn, num, den, bpm)
  qn, num, den, bpm = tonumber(qn), tonumber(num), tonumber(den), tonumber(bpm)
  local last = segment(qn)
  local measure = last.measure + math.ceil((qn - last.qn) / qn_of_bar(last))
  map[#map + 1] = { qn = qn, measure = measure, num = num, den = den, bpm = bpm }
end
function words.cursor(qn) state.cursor = tonumber(qn) end
function words.play(qn) state.playing, state.play = 1, tonumber(qn) end
function words.loop(from, upto) state.ring, state.loop = 1, { tonumber(from), tonumber(upto) } end
function words.mark(qn, name) marks[#marks + 1] = { qn = tonumber(qn), name = name, region = false } end
function words.region(qn, name) marks[#marks + 1] = { qn = tonumber(qn), name = name, region = true } end
function words.lock(name)
  for _, track in ipairs(tracks) do if track.name:find(name) then track.locked = true end end
end
function words.item(name, first, last)
  for _, track in ipairs(tracks) do
    if track.name:find(name) then
      reaper.CreateNewMIDIItemInProj(track, tonumber(first), tonumber(last), true)
    end
  end
end
function words.dump()
  for _, track in ipairs(tracks) do
    print("track\t" .. track.name)
    for _, item in ipairs(track.items) do
      print(string.format("item\t%s\t%g\t%g", item.take.name or "", item.first, item.last))
      for _, note in ipairs(item.take.notes) do
        print(string.format("note\t%.6f\t%.6f\t%d\t%d\t%d", table.unpack(note)))
      end
    end
  end
  print("undo\t" .. table.concat(undo_blocks, ",") .. "\t" .. depth .. "\t" .. (state.refresh or 0))
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
