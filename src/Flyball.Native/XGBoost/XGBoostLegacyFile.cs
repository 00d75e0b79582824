using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Flyball.Native.XGBoost;

/// <summary>Checks a model file of the old binary format: the engine's structs one after the other, little-endian.</summary>
internal ref struct XGBoostLegacyFile
{
    private const int LearnerSize = 136, ModelSize = 160, TreeSize = 148, NodeSize = 20, StatSize = 16, LinearSize = 136;

    private ReadOnlySpan<byte> rest;

    public static void Check(ReadOnlySpan<byte> model) => new XGBoostLegacyFile { rest = model.StartsWith("binf"u8) ? model[4..] : model }.Check();

    private void Check()
    {
        // base_score, num_feature, num_class, contain_extra_attrs, contain_eval_metrics, version, num_target
        var learner = Take(LearnerSize);
        var columns = Unsigned(learner, 1);
        var outputs = Math.Max(1L, Integer(learner, 2)) * Math.Max(1L, Unsigned(learner, 7));
        XGBoostModelFile.CheckSizes(columns, outputs);
        if (Integer(learner, 2) < 0) throw XGBoostModelFile.Damaged("it has a negative number of classes");
        _ = Text();
        switch (Text())
        {
            case "gbtree":
                CheckTrees(columns, outputs);
                break;
            case "dart":
                if (CheckTrees(columns, outputs) is > 0 and var trees && Count(4) is var weights && (weights != trees || Take(4 * weights).IsEmpty)) throw XGBoostModelFile.Damaged("the weights do not fit the trees");
                break;
            case "gblinear":
                Take(LinearSize);
                var values = Count(4);
                if (values != (columns + 1) * outputs) throw XGBoostModelFile.Damaged("the weights do not fit the columns");
                Take(4 * values);
                break;
            default:
                throw XGBoostModelFile.Damaged("it has no booster");
        }

        if (Integer(learner, 3) != 0) CheckTexts(2);
        if (Integer(learner, 4) != 0) CheckTexts(1);
    }

    private int CheckTrees(long columns, long outputs)
    {
        var model = Take(ModelSize);
        var trees = Integer(model, 0);
        if (trees < 0 || trees > rest.Length / TreeSize) throw XGBoostModelFile.Damaged($"it has {trees} trees");
        if (Integer(model, 1) is < 1 or > 1 << 20) throw XGBoostModelFile.Damaged("num_parallel_tree is out of range");
        for (var i = 0; i < trees; i++) CheckTree(columns);
        for (var i = 0; i < trees; i++)
        {
            if (Integer(Take(4), 0) is var group && (group < 0 || group >= outputs)) throw XGBoostModelFile.Damaged("a tree belongs to no output");
        }

        return trees;
    }

    private void CheckTree(long columns)
    {
        // roots, num_nodes, num_deleted, depth, num_feature, size_leaf_vector
        var tree = Take(TreeSize);
        var count = Integer(tree, 1);
        if (count <= 0 || count > rest.Length / (NodeSize + StatSize)) throw XGBoostModelFile.Damaged($"a tree has {count} nodes");
        if (Unsigned(tree, 4) > columns) throw XGBoostModelFile.Damaged("a tree is for another number of columns");
        if (Integer(tree, 5) is not (0 or 1)) throw XGBoostModelFile.Damaged("its leaves are vectors, which this version of the engine does not know");
        var nodes = MemoryMarshal.Cast<byte, int>(Take(count * NodeSize));
        Take(count * StatSize);
        int[] left = new int[count], right = new int[count], parents = new int[count];
        var splits = new long[count];
        var deleted = 0;
        for (var i = 0; i < count; i++)
        {
            // the top bit of the parent tells left from right, that of the column where missing values go
            parents[i] = nodes[i * 5] & int.MaxValue;
            (left[i], right[i]) = (nodes[(i * 5) + 1], nodes[(i * 5) + 2]);
            splits[i] = nodes[(i * 5) + 3] & int.MaxValue;
            if (nodes[(i * 5) + 3] == -1) deleted++;
        }

        if (deleted != Integer(tree, 2)) throw XGBoostModelFile.Damaged("a tree miscounts what was pruned");
        XGBoostModelFile.CheckTree(columns, left, right, parents, splits);
    }

    private void CheckTexts(int each)
    {
        for (var count = Count(8) * each; count > 0; count--) _ = Text();
    }

    private int Count(int width)
    {
        var count = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return count <= (ulong)(rest.Length / width) ? (int)count : throw XGBoostModelFile.Damaged($"it counts {count} of something, more than the file is long");
    }

    private string Text() => Encoding.UTF8.GetString(Take(Count(1)));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length) throw XGBoostModelFile.Damaged("it ends too early");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static int Integer(ReadOnlySpan<byte> words, int index) => BinaryPrimitives.ReadInt32LittleEndian(words[(index * 4)..]);

    private static uint Unsigned(ReadOnlySpan<byte> words, int index) => BinaryPrimitives.ReadUInt32LittleEndian(words[(index * 4)..]);
}
