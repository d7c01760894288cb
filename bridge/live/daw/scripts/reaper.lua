-- Latent Bridge in Reaper: prints what the band played as MIDI items, when Latent Bridge asks for
-- it. Run it once; it goes on until Reaper ends. It draws nothing and opens no window.
@EXCHANGE@

local PROJECT = 0

local function to_qn(ticks) return ticks / TICKS_PER_QUARTER end

-- The measure (from 0) that quarter note `qn` is in, and where it begins and ends.
local function measure_at(qn)
  local time = reaper.TimeMap2_QNToTime(PROJECT, qn + 1e-9)
  local _, measure = reaper.TimeMap2_timeToBeats(PROJECT, time)
  local _, first, last, numerator, denominator = reaper.TimeMap_GetMeasureInfo(PROJECT, measure)
  return measure, first, last, numerator, denominator
end

-- The first bar line at `qn` or after it.
local function bar_line(qn)
  local _, first, last = measure_at(qn)
  if math.abs(first - qn) < 1e-6 then return first end
  return last
end

local function track_name(track)
  local _, name = reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "", false)
  return name
end

-- The track of a name; made at the end, and noted in `made`, if there is none.
local function track_named(name, made)
  for index = 0, reaper.CountTracks(PROJECT) - 1 do
    local track = reaper.GetTrack(PROJECT, index)
    if track_name(track) == name then return track end
  end
  local index = reaper.CountTracks(PROJECT)
  reaper.InsertTrackAtIndex(index, true)
  local track = reaper.GetTrack(PROJECT, index)
  if not track then error("it makes no track " .. name .. ": add one by hand", 0) end
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  made[#made + 1] = track
  return track
end

-- The end (quarter notes) of an item that covers a part of [first, last); nil if none does.
local function taken(track, first, last)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local from = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
    local upto = from + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
    local begin = reaper.TimeMap2_timeToQN(PROJECT, from)
    local finish = reaper.TimeMap2_timeToQN(PROJECT, upto)
    if begin < last - 1e-6 and finish > first + 1e-6 then return finish end
  end
end

-- The first place from `first` on at which `length` quarter notes are free on all tracks.
local function free_place(tracks, first, length)
  local moved = true
  while moved do
    moved = false
    for _, track in ipairs(tracks) do
      local finish = taken(track, first, first + length)
      if finish then first, moved = bar_line(finish), true end
    end
  end
  return first
end

local function guid(item)
  local _, text = reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)
  return text
end

local function insert(track, clip, name, first, length)
  local item = reaper.CreateNewMIDIItemInProj(track, first, first + length, true)
  local take = item and reaper.GetActiveTake(item)
  if not take then
    error("the track " .. clip.track .. " takes no item: is it locked or frozen?", 0)
  end
  for _, note in ipairs(clip.notes) do
    local from = reaper.MIDI_GetPPQPosFromProjQN(take, first + to_qn(note.tick))
    local upto = reaper.MIDI_GetPPQPosFromProjQN(take, first + to_qn(note.tick + note.length))
    local done = reaper.MIDI_InsertNote(
      take, false, false, from, upto, clip.channel, note.pitch, note.velocity, true)
    if not done then
      error("the track " .. clip.track .. " takes no notes: is it locked or frozen?", 0)
    end
  end
  reaper.MIDI_Sort(take)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  return item
end

local function print_clips(request)
  local length = to_qn(tonumber(request.length))
  local first
  if request.at == "cursor" then
    local cursor = reaper.TimeMap2_timeToQN(PROJECT, reaper.GetCursorPosition())
    local _, line = measure_at(cursor)
    first = line
  else
    first = math.max(0, to_qn(tonumber(request.at)))
  end
  local added, made, lines = {}, {}, {}
  reaper.Undo_BeginBlock2(PROJECT)
  reaper.PreventUIRefresh(1)
  local done, why = pcall(function()
    local tracks = {}
    for number, clip in ipairs(request.clips) do tracks[number] = track_named(clip.track, made) end
    first = free_place(tracks, first, length)
    for number, clip in ipairs(request.clips) do
      local name = request.name .. " " .. clip.track:gsub("^Latent Bridge ", "")
      local item = insert(tracks[number], clip, name, first, length)
      added[number] = { tracks[number], item }
      lines[number] = "item " .. guid(item)
    end
  end)
  if not done then
    for _, pair in ipairs(added) do reaper.DeleteTrackMediaItem(pair[1], pair[2]) end
    for _, track in ipairs(made) do reaper.DeleteTrack(track) end
  end
  reaper.PreventUIRefresh(-1)
  reaper.UpdateArrange()
  reaper.Undo_EndBlock2(PROJECT, "Latent Bridge print", -1)
  if not done then error(why, 0) end
  local begin, finish = measure_at(first), measure_at(first + length - 1e-6)
  table.insert(lines, 1, "where " .. bars_text(math.floor(begin) + 1, math.floor(finish) + 1))
  return lines
end

-- The track and the item of a GUID; an error if it has gone.
local function printed(id)
  for index = 0, reaper.CountTracks(PROJECT) - 1 do
    local track = reaper.GetTrack(PROJECT, index)
    for number = 0, reaper.CountTrackMediaItems(track) - 1 do
      local item = reaper.GetTrackMediaItem(track, number)
      if guid(item) == id then return { track, item } end
    end
  end
  error("that print is no longer there: use Edit > Undo", 0)
end

local function undo(request)
  local found = {}
  for number, id in ipairs(request.items) do found[number] = printed(id) end
  reaper.Undo_BeginBlock2(PROJECT)
  for _, pair in ipairs(found) do reaper.DeleteTrackMediaItem(pair[1], pair[2]) end
  reaper.UpdateArrange()
  reaper.Undo_EndBlock2(PROJECT, "Latent Bridge undo", -1)
  return {}
end

local function position()
  local playing = reaper.GetPlayState() & 1 == 1
  local time = playing and reaper.GetPlayPosition() or reaper.GetCursorPosition()
  local qn = reaper.TimeMap2_timeToQN(PROJECT, time)
  local measure, first, _, numerator, denominator = measure_at(qn)
  local step = 0.01 -- quarter notes
  local span = reaper.TimeMap2_QNToTime(PROJECT, qn + step)
    - reaper.TimeMap2_QNToTime(PROJECT, qn)
  local lines = {
    "playing " .. (playing and 1 or 0),
    "tempo " .. step * 60 / span,
    "beat " .. qn,
    "bar " .. math.floor(measure) + 1,
    "bar_beat " .. (qn - first) * denominator / 4 + 1,
    "metre " .. math.floor(numerator) .. " " .. math.floor(denominator),
    "song " .. reaper.GetProjectName(PROJECT),
  }
  if reaper.GetSetRepeat(-1) == 1 then
    local from, upto = reaper.GetSet_LoopTimeRange(false, true, 0, 0, false)
    if upto > from then
      lines[#lines + 1] = "loop " .. reaper.TimeMap2_timeToQN(PROJECT, from) .. " "
        .. reaper.TimeMap2_timeToQN(PROJECT, upto)
    end
  end
  return lines
end

local function markers()
  local lines, index = {}, 0
  while true do
    local found, is_region, time, _, name = reaper.EnumProjectMarkers(index)
    if found == 0 then return lines end
    if not is_region then
      lines[#lines + 1] = "marker " .. reaper.TimeMap2_timeToQN(PROJECT, time) .. " " .. name
    end
    index = index + 1
  end
end

local verbs = { print = print_clips, undo = undo, position = position, markers = markers }

local function run()
  serve(verbs)
  reaper.defer(run)
end

run()
